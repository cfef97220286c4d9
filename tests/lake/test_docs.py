"""The Python of docs/lake.md runs as it stands, on a data set in a local folder."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amml_lake.data_set import DataSet
from amml_lake.ddl import duckdb as statement_for_duckdb
from amml_lake.stores import Store

PAGE = (Path(__file__).parents[2] / "docs" / "lake.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def co2(local_lake: Store, writer: Any, batch: Any) -> DataSet:
    """A data set that gets another column, from March into April."""
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set)
    appender.add(batch("2022-03-31", 36), 0)
    appender.commit(1, {}, {})
    appender.add(batch("2022-04-02", 2, co2=np.array([1.0, 2.0]), room=["a", "b"]), 1)
    appender.commit(2, {}, {})
    return data_set


def run(block: str, lake: Store) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(block.replace("/var/lake", lake.url.removeprefix("file://")), names)
    return names


def test_every_way_to_read_is_tried(local_lake: Store, co2: DataSet) -> None:
    pyarrow, duckdb, manifests = (run(block, local_lake) for block in BLOCKS)
    april = pyarrow["april"]
    assert april.num_rows == 14 and april["room"].to_pylist()[-2:] == ["a", "b"]
    assert duckdb["hourly"].num_rows == 38
    assert manifests["rows"] == 38 and not co2.store.list("_snapshot")


def test_the_statement_for_duckdb_is_the_one_that_the_command_prints() -> None:
    printed = statement_for_duckdb("day", "file:///var/lake/co2").removesuffix("\n);")
    indented = printed.removeprefix("SELECT * ").replace("\n", "\n    ")
    assert indented in PAGE
