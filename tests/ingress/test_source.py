"""`source`: exact rows from any position on, in the catalogue's types."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from amml_ingress.source import Source
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State

Make = Callable[..., Source]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows(source: Source, position: Any = None) -> list[dict[str, Any]]:
    return [row for portion in source.read(position) for row in portion.batch.to_rows()]


def refused(source: Source) -> list[tuple[list[dict[str, Any]], str]]:
    portions = list(source.read(None))
    return [(each.rows.to_rows(), each.reason) for p in portions for each in p.refused]


def written(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink, row_group_size=3)
    return sink.getvalue()


def test_a_file_ends_and_a_topic_does_not(source: Make) -> None:
    assert source(kind="file").ends()
    assert not source(kind="topic").ends()


@pytest.mark.parametrize("start", [0, 1, 9_999, 10_000, 20_001, 25_000])
@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
def test_reading_goes_on_at_any_row(source: Make, format_: str, start: int) -> None:
    numbers = list(range(25_000))
    contents: dict[str, str | bytes] = {
        "csv": "n\n" + "\n".join(map(str, numbers)),
        "jsonl": "\n\n".join(f'{{"n": {n}}}' for n in numbers),
        "parquet": written(pa.table({"n": pa.array(numbers, pa.int32())})),
    }
    read = source(contents[format_], "n=int", format=format_)
    portions = list(read.read(start))
    assert [row["n"] for p in portions for row in p.batch.to_rows()] == numbers[start:]
    assert all(p.batch.rows <= 10_000 for p in portions)
    assert [p.position for p in portions][-1:] == ([25_000] if start < 25_000 else [])


def test_every_format_gives_the_same_columns(source: Make) -> None:
    columns = "n=int x=float ok=bool at=timestamp s=string"
    csv = source('n,x,ok,at,s\n1,1.5,True,2016-07-01,a\n,NA,,,\n3,2,false,2016-07-02,"NA"', columns)
    found = rows(csv)
    jsonl = source(
        '{"n":1,"x":1.5,"ok":true,"at":"2016-07-01","s":"a"}\n{}\n'
        '{"n":3,"x":2,"ok":false,"at":"2016-07-02","s":"NA"}',
        columns,
        format="jsonl",
    )
    assert rows(jsonl) == found
    assert [row["at"] and row["at"].day for row in found] == [1, None, 2]
    assert [row["s"] for row in found] == ["a", None, "NA"]


@pytest.mark.parametrize(
    ("written", "tz", "expected"),
    [
        ("2016-07-01 01:00:00", None, "2016-07-01T01:00"),
        ("2016-07-01T01:00:00.5", "UTC", "2016-07-01T01:00:00.5"),
        ("2016-07-01", "Asia/Seoul", "2016-06-30T15:00"),
        ("2016-07-01T01:00:00+09:00", "UTC", "2016-06-30T16:00"),
        ("2016-07-01T01:00:00Z", "Asia/Seoul", "2016-07-01T01:00"),
        ("2016-10-30 02:30:00", "Europe/Berlin", "2016-10-30T00:30"),
    ],
)
def test_a_time_is_in_utc(source: Make, written: str, tz: str | None, expected: str) -> None:
    (row,) = rows(source(f"date,OT\n{written},1", time="date", tz=tz))
    assert row["_time"] == row["date"] == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("number", ["1467331200", "1467331200000", "1467331200000000"])
def test_an_epoch_number_is_a_time_by_its_size(source: Make, number: str) -> None:
    (row,) = rows(source(f"t\n{number}", "t=int", time="t"))
    assert row["_time"] == datetime(2016, 7, 1, tzinfo=UTC)
    assert row["t"] == int(number)


def test_the_key_is_one_columns_text_or_an_array_of_several(source: Make) -> None:
    assert [r["_key"] for r in rows(source("a,b\n1,x\n,y", "a=int b=string", key=["a"]))] == [
        "1",
        None,
    ]
    both = rows(source('a,b\n1,x\n,"y"""', "a=int b=string", key=["a", "b"]))
    assert [r["_key"] for r in both] == ['["1","x"]', '[null,"y\\""]']


def test_a_row_with_a_cell_that_cannot_be_read_is_refused_once(source: Make) -> None:
    read = source("date,OT\n2016-07-01,1\nsoon,x\n2016-07-02,y\n2016-07-03,4", time="date")
    assert [row["OT"] for row in rows(read)] == [1.0, 4.0]
    assert [(found[0]["OT"], reason) for found, reason in refused(read)] == [
        ("x", "column `date` holds what is no timestamp"),
        ("y", "column `OT` holds what is no float"),
    ]
    assert [portion.position for portion in read.read(None)] == [4]


def test_a_broken_file_stops_the_step(source: Make) -> None:
    with pytest.raises(WorkflowFault, match="cannot be read as csv"):
        rows(source("date,OT\n2016-07-01"))
    with pytest.raises(WorkflowFault, match="cannot be read as jsonl"):
        rows(source("{", format="jsonl"))


def test_a_topics_records_get_the_catalogues_shape(source: Make) -> None:
    read = source(kind="topic", columns="n=int co2=float at=timestamp", time="at", key=["n"])
    records = [
        {"n": 1.0, "co2": 412.0, "at": 1467331200000.0, "more": 1},
        {"n": 1.5, "co2": 400.0},
        {"co2": 7.0, "_key": "k"},
    ]
    state = State()
    batch = read.process(Batch.from_rows(records), state, NOW)
    assert batch.names == ["n", "co2", "at"]
    first, second = batch.to_rows()
    assert (first["_time"], first["_key"], first["n"]) == (datetime(2016, 7, 1, tzinfo=UTC), "1", 1)
    assert (second["_key"], second["at"], second["_time"]) == (None, None, None)
    ((rows_refused, reason, _),) = state.take_refused()
    assert rows_refused.column("n").to_pylist() == [1.5]
    assert reason == "column `n` holds what is no int"


LOCAL = pa.timestamp("us")


def typed(**columns: Any) -> Batch:
    """Rows as Kafka Connect's envelopes give them: each column of a type."""
    return Batch(pa.RecordBatch.from_pydict(columns))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["2026-01-01 09:00:00", "2026-01-01T09:00:00Z"]), [0, 9]),
        (pa.array([datetime(2026, 1, 1, 9)], LOCAL), [0]),
        (pa.array([datetime(2026, 1, 1, 9, tzinfo=UTC)], TIME_TYPE), [9]),
        (pa.array([1767258000000]), [9]),
    ],
)
def test_connects_times_without_a_zone_are_in_the_sources_zone(
    source: Make, values: Any, expected: list[int]
) -> None:
    read = source(kind="topic", format="connect", topic="t", columns="", time="at", tz="Asia/Seoul")
    batch = read.process(typed(at=values), State(), NOW)
    assert batch.times.to_pylist() == [datetime(2026, 1, 1, each, tzinfo=UTC) for each in expected]
    if values.type in (LOCAL, TIME_TYPE):
        assert batch.column("at").equals(batch.times)


def test_connects_records_may_have_further_columns(source: Make) -> None:
    read = source(kind="topic", format="connect", topic="t", columns="n=int x=float", key=["n"])
    rows = typed(
        more=["a", None], x=pa.array([1, 2]), n=pa.array([7, 8]), day=pa.array([1, 2], LOCAL)
    )
    batch = read.process(rows, State(), NOW)
    assert batch.names == ["n", "x", "more", "day"]
    assert [str(batch.column(name).type) for name in batch.names] == [
        "int64",
        "double",
        "string",
        "timestamp[us, tz=UTC]",
    ]
    assert batch.keys.to_pylist() == ["7", "8"]


@pytest.mark.parametrize(
    ("columns", "more", "message"),
    [
        (
            "n=int x=float",
            {},
            r"t: other than the source catalogue says, column `x` \(float\) is gone",
        ),
        ("n=float m=int", {}, "column `m` .* is gone"),
        ("n=string", {}, "column `n` is int, expected string"),
        ("n=int", {"time": "at"}, "t: column `at`, named by --time or --key, is not there"),
        ("n=int", {"key": ["n", "place"]}, "t: column `place`, named by"),
    ],
)
def test_connects_records_that_lack_what_the_entry_says_stop_the_step(
    source: Make, columns: str, more: dict[str, Any], message: str
) -> None:
    read = source(kind="topic", format="connect", topic="t", columns=columns, **more)
    with pytest.raises(WorkflowFault, match=message):
        read.process(typed(n=pa.array([1])), State(), NOW)


def test_connects_text_that_says_no_time_is_refused(source: Make) -> None:
    read = source(kind="topic", format="connect", topic="t", columns="at=string", time="at")
    state = State()
    batch = read.process(typed(at=["2026-01-01", "soon", None]), state, NOW)
    assert [row["at"] for row in batch.to_rows()] == ["2026-01-01", None]
    ((rows_refused, reason, _),) = state.take_refused()
    assert (rows_refused.column("at").to_pylist(), reason) == (
        ["soon"],
        "column `at` holds what is no timestamp",
    )


def test_a_sources_guarantee_names_the_connector_before_it(source: Make) -> None:
    assert source(kind="topic").guarantee() == source().guarantee() == "exactly once"
    said = source(kind="topic", format="connect", connector="view").guarantee()
    assert said.startswith("exactly once from its topic on; into it as connector `view` writes")
