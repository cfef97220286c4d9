"""What other engines are told, tried with the engine that is here."""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from amml_lake import ddl
from amml_lake.data_set import DataSet
from amml_lake.errors import Unsuitable
from amml_lake.partitions import LEVELS, By
from amml_lake.stores import Store, open_store

TYPES: list[Any] = [
    pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(),
    pa.uint32(), pa.uint64(), pa.float32(), pa.float64(), pa.string(),
    pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.date32(), pa.date64(),
    pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.timestamp("us", "UTC"),
    pa.timestamp("ms"), pa.duration("us"), pa.decimal128(38, 4), pa.binary(16),
    pa.dictionary(pa.int32(), pa.string()), pa.list_(pa.float64()), pa.list_(pa.list_(pa.int64())),
]  # fmt: skip


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_every_type_that_parquet_keeps_has_one_in_hive(type_: Any) -> None:
    assert ddl.hive_type(str(type_), "x").partition("(")[0].partition("<")[0].isupper()


@pytest.mark.parametrize(
    ("type_", "meant"),
    [
        ("timestamp[us, tz=Asia/Seoul]", "TIMESTAMP"),
        ("duration[us]", "BIGINT"),
        ("uint32", "BIGINT"),
        ("list<element: list<element: string not null> not null>", "ARRAY<ARRAY<STRING>>"),
        ("dictionary<values=string, indices=int32, ordered=0>", "STRING"),
    ],
)
def test_a_type_in_hive_holds_all_values(type_: str, meant: str) -> None:
    assert ddl.hive_type(type_, "x") == meant


def test_what_hive_cannot_keep_apart_is_refused_by_name() -> None:
    for type_ in ("struct<a: int64>", "halffloat"):
        with pytest.raises(Unsuitable, match=f"column `x`: Hive has no type for {type_}"):
            ddl.hive_type(type_, "x")
    columns = [{"name": "OT", "type": "double"}, {"name": "ot", "type": "double"}]
    with pytest.raises(Unsuitable, match="columns `OT` and `ot` are one to Hive"):
        ddl.hive("co2", "day", columns, "file:///lake")


def test_names_and_addresses_are_quoted() -> None:
    text = ddl.hive("co2", "year", [{"name": "a`; DROP", "type": "int64"}], "file:///l'ake\\")
    assert "`a``; DROP` BIGINT" in text and r"LOCATION 'file:///l\'ake\\';" in text
    assert "'/l''ake/year=*/*.parquet'" in ddl.duckdb("year", "file:///l'ake")


@pytest.mark.parametrize("by", LEVELS)
def test_duckdb_runs_its_statement_on_every_kind_of_folder(
    local_lake: Store, writer: Any, batch: Any, by: By
) -> None:
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set, by=by, tz="Asia/Seoul")
    appender.add(batch("2022-04-01", 48), 0)
    appender.commit(1, {}, {})
    appender.add(batch("2022-06-01", 2, co2=[1.0, 2.0], room=["a", "b"]), 1)
    appender.commit(2, {}, {})
    found = duckdb.sql(ddl.duckdb(by, ddl.location_of(data_set.store.url)))
    assert found.columns[:4] == ["_time", "_key", "co2", "room"]
    assert set(found.columns[4:]) == set(LEVELS[: LEVELS.index(by) + 1])
    counted = found.aggregate(f"count(*), count(room), max({by}) < 2023").fetchone()
    assert counted == (50, 2, True)


def test_duckdb_sees_neither_staged_nor_replaced_files_nor_takes_a_quote_for_an_end(
    tmp_path: Any, writer: Any, batch: Any
) -> None:
    data_set = DataSet(open_store(f"file://{tmp_path}/o'hara"), "co2")
    appender = writer(data_set)
    rows = batch("2022-04-01", 24, co2=np.arange(24.0))
    nowhere = rows.set_column(0, "_time", pa.nulls(24, rows.schema.field("_time").type))
    appender.add(rows, 0)
    appender.add(nowhere, 24)
    appender.commit(48, {}, {})
    for hidden in ("_staging/x/y", "_replaced/year=2022/month=04"):
        data_set.store.write(f"{hidden}/day=01/x.parquet.replaced", b"no Parquet")
    found = duckdb.sql(ddl.duckdb("day", data_set.store.url))
    assert found.aggregate("count(*), sum(co2), count(year)").fetchone() == (48, 552.0, 24)
