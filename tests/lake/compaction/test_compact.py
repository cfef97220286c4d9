"""Small files become large ones: the same rows, each once, whoever dies or comes in between."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amml_lake import snapshot
from amml_lake.compaction import Wish, compact
from amml_lake.compaction.choice import in_order
from amml_lake.data_set import DataSet
from amml_lake.errors import Overtaken, Unavailable, Unsuitable
from amml_lake.layout import COMPACTION, REPLACED, RETENTION, STAGING, staging_path
from amml_lake.stores import Store, open_store
from amml_lake.verification import verify
from amml_lake.walk import files_below

HOUR = 3_600_000_000
PLACES = ["lake_staging", "lake_staged", "lake_committed", "lake_rolling", "lake_in_place"]


class Died(Exception):
    """Where a process would have been killed."""


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1e6)


WISH = Wish(now=at("2022-04-10"))


def compacted(data_set: DataSet, wish: Wish = WISH, **more: Any) -> list[str]:
    """Put files together; the folders in which there were any."""
    return [done.folder for done in compact(data_set, wish, **more)]


def folder(data_set: DataSet) -> str:
    return data_set.store.url.removeprefix("file://")


def seen(data_set: DataSet) -> list[dict[str, Any]]:
    """All rows, as pyarrow sees them in the folder, by their number."""
    return ds.dataset(folder(data_set), partitioning="hive").to_table().sort_by("n").to_pylist()


def is_sound(data_set: DataSet) -> bool:
    proof = verify(data_set, deep=True, looks=1)
    return (proof.findings, proof.waiting) == ((), ())


@pytest.fixture
def hourly(writer: Any, batch: Any) -> Callable[..., DataSet]:
    """A data set of two partitions, which take turns, with a commit an hour for two days."""

    def make(lake: Store, hours: int = 48, step: int = 4) -> DataSet:
        data_set = DataSet(lake, "co2")
        writers = [writer(data_set, partition=p) for p in range(2)]
        for n, hour in enumerate(range(0, hours, step)):
            start = datetime.fromtimestamp(at("2022-04-01") / 1e6 + hour * 3600, UTC)
            rows = batch(f"{start:%Y-%m-%dT%H:%M}", step, n=np.arange(step) + hour)
            writers[n % 2].add(rows, n)
            writers[n % 2].commit(n + 1, {"0": n + 1}, {})
        return data_set

    return make


def test_small_files_of_a_day_become_one_with_the_same_rows(
    lake: Store, hourly: Callable[..., DataSet]
) -> None:
    data_set = hourly(lake, hours=24, step=12)
    before = data_set.live()
    assert compacted(data_set) == ["year=2022/month=04/day=01"]
    [file] = data_set.live().files
    assert file.path == "year=2022/month=04/day=01/compaction+0.parquet"
    assert (file.rows, file.first, file.last) == (24, at("2022-04-01"), at("2022-04-01T23:00"))
    assert files_below(data_set.store, REPLACED).keys() == {
        f"{REPLACED}/{each.path}.replaced" for each in before.files
    }
    assert is_sound(data_set) and not data_set.store.list(f"{STAGING}/{COMPACTION}")


def test_readers_who_know_nothing_of_us_see_the_same_rows(
    local_lake: Store, hourly: Callable[..., DataSet]
) -> None:
    data_set = hourly(local_lake)
    before = seen(data_set)
    assert len(compacted(data_set)) == 2
    assert seen(data_set) == before
    pattern = f"{folder(data_set)}/**/*.parquet"
    found = duckdb.sql(
        f"SELECT n FROM read_parquet('{pattern}') ORDER BY filename, file_row_number"
    )
    assert found.fetchall() == [(n,) for n in range(48)], "DuckDB, in the order of time"


def test_what_is_done_is_not_done_again(local_lake: Store, hourly: Callable[..., DataSet]) -> None:
    data_set = hourly(local_lake)
    assert compacted(data_set) and not compacted(data_set)
    assert data_set.numbers(COMPACTION) == [0, 1]


def test_there_has_to_be_a_data_set(local_lake: Store) -> None:
    with pytest.raises(Unsuitable, match="no data set"):
        compacted(DataSet(local_lake, "co2"))


@pytest.mark.parametrize(
    ("wish", "days"),
    [
        (Wish(now=at("2022-04-02T00:59")), []),
        (Wish(now=at("2022-04-02T01:00")), [1]),
        (Wish(now=at("2022-04-03"), grace=0), [1, 2]),
        (Wish(now=at("2022-04-10"), before=at("2022-04-02T12:00")), [1]),
        (Wish(now=at("2022-04-10"), target=4_000), []),
    ],
    ids=["in the grace", "after it", "no grace", "before a date", "large enough"],
)
def test_only_small_files_of_closed_folders_are_touched(
    local_lake: Store, writer: Any, batch: Any, wish: Wish, days: list[int]
) -> None:
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set)
    for n in range(2):
        appender.add(batch("2022-04-01", 480, 360, noise=np.random.default_rng(n).random(480)), n)
        appender.commit(n + 1, {}, {})
    assert compacted(data_set, wish) == [f"year=2022/month=04/day={day:02}" for day in days]


def test_late_rows_stay_and_are_put_together_another_time(
    local_lake: Store, hourly: Callable[..., DataSet], writer: Any, batch: Any
) -> None:
    data_set = hourly(local_lake)
    late = batch("2022-04-01T00:30", 1, n=np.array([99]))

    def arriving(place: str) -> None:
        if place == "lake_staged" and data_set.last(COMPACTION) is None:
            appender = writer(data_set, partition=2)
            appender.add(late, 0)
            appender.commit(1, {}, {})

    assert len(compacted(data_set, reached=arriving)) == 2
    assert len(seen(data_set)) == 49
    assert compacted(data_set) == ["year=2022/month=04/day=01"]
    assert len(data_set.live().files) == 2 and len(seen(data_set)) == 49 and is_sound(data_set)


def test_columns_that_came_later_are_null_before(
    local_lake: Store, writer: Any, batch: Any
) -> None:
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set)
    for n, columns in enumerate([{"n": [0]}, {"room": ["a"], "n": [1]}]):
        appender.add(batch(f"2022-04-01T0{n}:00", 1, **columns), n)
        appender.commit(n + 1, {}, {})
    compacted(data_set)
    assert [(row["n"], row["room"]) for row in seen(data_set)] == [(0, None), (1, "a")]


def scaled(rows: pa.RecordBatch, most: float) -> pa.RecordBatch:
    """The same rows, with other limits written on their column `n`."""
    meta: dict[bytes | str, bytes | str] = {"amml": json.dumps({"min": 0.0, "max": most})}
    schema = rows.schema
    place = schema.get_field_index("n")
    return rows.cast(schema.set(place, schema.field(place).with_metadata(meta)))


def test_files_whose_columns_mean_different_things_are_not_put_together(
    local_lake: Store, writer: Any, batch: Any
) -> None:
    data_set = DataSet(local_lake, "co2")
    appender = writer(data_set)
    for n, most in enumerate([50.0, 50.0, 80.0, 90.0, 80.0]):
        appender.add(scaled(batch(f"2022-04-01T0{n}:00", 1, n=[n]), most), n)
        appender.commit(n + 1, {}, {})
    assert len(compacted(data_set)) == 1 and not compacted(data_set)
    assert [each.rows for each in data_set.live().files] == [1, 2, 2]
    for each in data_set.live().files[1:]:
        rows = ds.dataset(f"{folder(data_set)}/{each.path}").to_table()
        metadata = rows.schema.field("n").metadata
        assert metadata is not None
        assert json.loads(metadata[b"amml"])["max"] == (
            50.0 if 0 in rows["n"].to_pylist() else 80.0
        )
    assert is_sound(data_set)


@pytest.mark.parametrize("place", PLACES)
def test_a_compaction_that_dies_is_finished_or_begun_again_by_the_next(
    local_lake: Store, hourly: Callable[..., DataSet], place: str
) -> None:
    data_set = hourly(local_lake)
    before = seen(data_set)

    def dying(reached: str) -> None:
        if reached == place:
            raise Died

    with pytest.raises(Died):
        compacted(data_set, reached=dying)
    assert data_set.live().rows == 48
    compacted(data_set)
    assert seen(data_set) == before and len(data_set.live().files) == 2
    assert is_sound(data_set)


@pytest.mark.parametrize("place", ["lake_staging", "lake_staged"])
def test_of_two_compactions_at_once_one_wins(
    local_lake: Store, hourly: Callable[..., DataSet], place: str
) -> None:
    data_set = hourly(local_lake)
    before = seen(data_set)

    def meeting(reached: str) -> None:
        if reached == place:
            assert len(compacted(data_set)) == 2

    with pytest.raises(Overtaken):
        compacted(data_set, reached=meeting)
    assert seen(data_set) == before and is_sound(data_set)


def test_a_compaction_gives_way_to_a_deletion_and_leaves_nothing(
    local_lake: Store, hourly: Callable[..., DataSet]
) -> None:
    data_set = hourly(local_lake)
    before = seen(data_set)
    data_set.store.write(f"{staging_path(RETENTION, 0, 'x')}/manifest.json", b"{}")
    with pytest.raises(Unavailable, match="a retention of `co2` is under way"):
        compacted(data_set)
    assert seen(data_set) == before and data_set.last(COMPACTION) is None
    assert not data_set.store.list(f"{STAGING}/{COMPACTION}")


def test_replaced_files_are_kept_for_a_while_and_as_long_as_a_snapshot_names_them(
    local_lake: Store, hourly: Callable[..., DataSet]
) -> None:
    data_set = hourly(local_lake)
    taken = snapshot.take(data_set, "reader", until=at("2022-04-01T12:00"))
    compacted(data_set)
    aside = files_below(data_set.store, REPLACED)
    today = int(datetime.now(UTC).timestamp() * 1e6)
    compacted(data_set, replace(WISH, now=today + 23 * HOUR))
    assert files_below(data_set.store, REPLACED) == aside
    compacted(data_set, replace(WISH, now=today + 25 * HOUR))
    assert len(files_below(data_set.store, REPLACED)) == len(taken.files) == 3
    snapshot.drop(data_set, taken.name)
    compacted(data_set, replace(WISH, now=today + 25 * HOUR))
    assert not files_below(data_set.store, REPLACED) and is_sound(data_set)


Commit = tuple[int, list[int], bool]
commits = st.lists(
    st.tuples(
        st.integers(0, 2),  # of which partition
        st.lists(st.integers(0, 40), min_size=1, max_size=30),  # minutes, in any order
        st.booleans(),  # with a further column
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=12)
@given(commits, st.sampled_from([1, 1000, 1 << 20]), st.sampled_from([20_000, 1 << 20]))
def test_rows_are_in_the_order_of_time_and_then_as_they_came(
    tmp_path_factory: pytest.TempPathFactory,
    writer: Any,
    came: list[Commit],
    slice_bytes: int,
    target: int,
) -> None:
    data_set = DataSet(open_store(f"file://{tmp_path_factory.mktemp('lake')}"), "co2")
    writers = [writer(data_set, partition=p) for p in range(3)]
    for n, (partition, minutes, further) in enumerate(came):
        writers[partition].add(of_minutes(n, minutes, further), n)
        writers[partition].commit(n + 1, {}, {})
    before = [row for file in in_order(data_set.live()) for row in rows_of(data_set, file.path)]
    [done] = compact(data_set, replace(WISH, target=target), slice_bytes=slice_bytes)
    after = [row for file in done.after for row in rows_of(data_set, file.path)]
    assert after == sorted(before, key=lambda row: row["_time"])
    assert is_sound(data_set)


def of_minutes(commit: int, minutes: list[int], further: bool) -> pa.RecordBatch:
    """Rows that say which they are, with 100 bytes that nothing makes shorter."""
    times = [at("2022-04-01") + minute * 60_000_000 for minute in minutes]
    random = np.random.default_rng(commit)
    columns = {
        "_time": pa.array(times, pa.timestamp("us", "UTC")),
        "n": [commit * 100 + row for row in range(len(minutes))],
        "noise": [random.bytes(100) for _ in minutes],
    }
    return pa.record_batch(columns | ({"more": ["x"] * len(minutes)} if further else {}))


def rows_of(data_set: DataSet, path: str) -> list[dict[str, Any]]:
    read = pq.read_table(f"{folder(data_set)}/{path}", partitioning=None).to_pylist()
    return [{"more": None, **row} for row in read]
