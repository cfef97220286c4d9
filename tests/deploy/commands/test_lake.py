"""`amml lake` as a user types it, over a lake in a local folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.layout import Chain
from amml_lake.manifest import Producer
from amml_lake.partitions import Partitions
from amml_lake.stores import open_store


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty lake, which the command finds in AMML_LAKE."""
    url = f"file://{tmp_path}/lake"
    monkeypatch.setenv("AMML_LAKE", url)
    return url


@pytest.fixture
def co2(lake: str) -> DataSet:
    """Two commits of a day and a half each, in Seoul's days."""
    data_set = DataSet(open_store(lake), "co2")
    partitions = Partitions("day", "Asia/Seoul")
    chain = Chain("amml.hall.r1.clean", 0, "3f2a")
    writer = Appender(data_set, chain, partitions, Producer("hall", 1, "to_lake"))
    writer.resume()
    first = int(datetime(2022, 3, 31, 15, tzinfo=UTC).timestamp() * 1e6)  # midnight in Seoul
    for n in range(2):
        times = np.arange(36 * n, 36 * n + 36) * 3_600_000_000 + first
        named = {
            "_time": pa.array(times, pa.timestamp("us", "UTC")),
            "co2": pa.array(np.arange(36) + 0.5),
        }
        writer.add(pa.record_batch(named), n)
        writer.commit(n + 1, {"0": n + 1}, {})
    return data_set


@pytest.mark.parametrize("words", [["verify"], ["ls"], ["schema"], ["compact"]], ids=" ".join)
def test_what_is_no_data_set_is_the_users_mistake(
    amml: Callable[..., Any], lake: str, words: list[str]
) -> None:
    ran = amml("lake", *words, "co2")
    assert (ran.code, ran.err) == (2, f"error: no data set `co2` at {lake}/co2\n")
    assert "is no data set's name" in amml("lake", *words, "../x").err


def test_without_a_platform_the_message_says_what_to_do(amml: Callable[..., Any]) -> None:
    ran = amml("lake", "verify", "co2")
    assert ran.code == 1 and "run `amml up`" in ran.err


def test_verify_proves_a_sound_data_set(amml: Callable[..., Any], co2: DataSet) -> None:
    ran = amml("lake", "verify", "co2", "--deep")
    assert ran.code == 0
    assert "co2 is sound: the ranges tile, and every row taken is there once" in ran.out
    document = amml("lake", "verify", "co2", "--output", "json").document
    wanted = {"dataset": "co2", "sound": True, "taken": 72, "rows": 72, "findings": []}
    assert wanted.items() <= document.items()


def test_verify_fails_with_every_class_it_has_found(
    amml: Callable[..., Any], co2: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amml_lake.verification.proof._PAUSE", 0.0)
    gone = co2.live().files[0]
    co2.store.delete(gone.path)
    co2.store.write("year=2022/x\x1b.parquet", b"?")
    ran = amml("lake", "verify", "co2")
    assert ran.code == 1
    assert f"missing  1  a file that counts, and is not there\n    {gone.path}: 24 rows" in ran.out
    assert "orphan  1  " in ran.out and "\x1b" not in ran.out
    document = amml("lake", "verify", "co2", "--output", "json").document
    assert [each["class"] for each in document["findings"]] == ["missing", "orphan"]


def test_ls_shows_data_sets(amml: Callable[..., Any], lake: str, co2: DataSet) -> None:
    open_store(lake).write("no data set/x", b"")
    open_store(lake).make_folder("empty")
    headers, row = amml("lake", "ls").out.splitlines()
    assert headers.split()[:5] == ["NAME", "BY", "ZONE", "FILES", "ROWS"]
    assert row.split()[:5] == ["co2", "day", "Asia/Seoul", "4", "72"]
    [document] = amml("lake", "ls", "--output", "json").document
    assert document["first"] == "2022-04-01T00:00:00+09:00"


def test_ls_of_an_empty_lake_says_how_to_fill_it(amml: Callable[..., Any], lake: str) -> None:
    ran = amml("lake", "ls")
    assert ran.code == 0 and "a workflow that ends in `to_lake name=...` makes one" in ran.err
    assert amml("lake", "ls", "--output", "json").document == []


def test_ls_of_a_data_set_shows_folders_with_a_total(
    amml: Callable[..., Any], co2: DataSet
) -> None:
    lines = amml("lake", "ls", "co2").out.splitlines()
    folders = [line.split()[:3] for line in lines]
    assert folders == [
        ["FOLDER", "FILES", "ROWS"],
        ["year=2022/month=04/day=01", "1", "24"],
        ["year=2022/month=04/day=02", "2", "24"],
        ["year=2022/month=04/day=03", "1", "24"],
        ["total", "4", "72"],
    ]
    assert lines[-1].endswith("2022-04-01T00:00:00+09:00  2022-04-03T23:00:00+09:00")


def test_ls_of_a_folder_shows_its_files(amml: Callable[..., Any], co2: DataSet) -> None:
    words = ["ls", "co2", "--folder", "year=2022/month=04/day=02", "--files"]
    document = amml("lake", *words, "--output", "json").document
    live = [each for each in co2.live().files if "day=02" in each.path]
    assert [each["path"] for each in document["paths"]] == [each.path for each in live]
    assert (document["files"], document["rows"]) == (2, 24)
    assert amml("lake", *words).out.splitlines()[-1].split()[:3] == ["2", "files", "24"]


def test_ls_of_all_has_no_folder(amml: Callable[..., Any], lake: str) -> None:
    ran = amml("lake", "ls", "--files")
    assert ran.code == 2 and "go with the name of a data set" in ran.err


def test_schema_shows_columns_with_when_they_came(amml: Callable[..., Any], co2: DataSet) -> None:
    [written] = {each.written for each in co2.manifests() if each.number == 0}
    lines = [line.split() for line in amml("lake", "schema", "co2").out.splitlines()]
    assert lines[0] == ["COLUMN", "TYPE", "METADATA", "SINCE"]
    assert lines[1:] == [
        ["_time", "timestamp[us,", "tz=UTC]", "-", written],
        ["co2", "double", "-", written],
    ]


def test_schema_prints_a_statement_that_duckdb_runs(amml: Callable[..., Any], co2: DataSet) -> None:
    statement = amml("lake", "schema", "co2", "--duckdb").out
    assert duckdb.sql(statement).aggregate("count(*), max(day)").fetchone() == (72, 3)


def test_schema_prints_all_that_is_asked_for(amml: Callable[..., Any], co2: DataSet) -> None:
    words = ["schema", "co2", "--hive", "--spark", "--location", "hdfs://nn:8020/lake/co2"]
    document = amml("lake", *words, "--output", "json").document
    assert list(document["statements"]) == ["hive", "spark"]
    assert "`_time` TIMESTAMP,\n  `co2` DOUBLE" in document["statements"]["hive"]
    assert all("'hdfs://nn:8020/lake/co2'" in each for each in document["statements"].values())
    ran = amml("lake", *words, "--duckdb")
    assert ran.code == 2 and "DuckDB reads local folders only" in ran.err


def test_compact_does_what_its_dry_run_says(amml: Callable[..., Any], co2: DataSet) -> None:
    would = amml("lake", "compact", "co2", "--dry-run", "--output", "json").document
    assert would["dry_run"] and len(co2.live().files) == 4
    [planned] = would["folders"]
    assert (planned["folder"], planned["rows"]) == ("year=2022/month=04/day=02", 24)
    ran = amml("lake", "compact", "co2", "--output", "json")
    assert "day=02: 2 files are 1\n" in ran.err and "`amml datasets sync`" in ran.err
    [done] = ran.document["folders"]
    assert planned.items() <= done.items() and done["new_files"] == 1
    assert amml("lake", "verify", "co2", "--deep").code == 0
    again = amml("lake", "compact", "co2")
    assert (again.code, again.out) == (0, "co2: there is nothing to put together\n")


@pytest.mark.parametrize(
    ("before", "folders"), [("2022-04-02", 0), ("2022-04-03", 1), ("2022-04-02T15:00Z", 1)]
)
def test_before_is_a_day_of_the_data_sets_zone(
    amml: Callable[..., Any], co2: DataSet, before: str, folders: int
) -> None:
    words = ["compact", "co2", "--before", before, "--dry-run", "--output", "json"]
    assert len(amml("lake", *words).document["folders"]) == folders


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--before", "May"], "expected a date such as 2022-05-01"),
        (["--grace", "1 hour"], "expected a duration such as"),
        (["--target-size", "128 apples"], "expected a size such as"),
        (["--target-size", "1kB"], "at least 1MB"),
    ],
)
def test_what_compact_cannot_read_is_the_users_mistake(
    amml: Callable[..., Any], co2: DataSet, words: list[str], message: str
) -> None:
    ran = amml("lake", "compact", "co2", *words)
    assert ran.code == 2 and message in ran.err


@pytest.mark.platform
def test_the_platform_has_a_lake_of_its_own(on_platform: Callable[..., Any]) -> None:
    assert isinstance(on_platform("lake", "ls", "--output", "json").document, list)
