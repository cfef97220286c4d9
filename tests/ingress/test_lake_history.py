"""A data set as a source: in order, from any position on, whatever is tidied meanwhile."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amml_deploy.sources.lake_entry import lake_entry
from amml_ingress._shared.lake_history import LakeHistory
from amml_ingress.source import Source
from amml_lake.appender import Appender
from amml_lake.commit import Commit
from amml_lake.data_set import DataSet
from amml_lake.layout import COMPACTION, Chain
from amml_lake.manifest import DataFile, Manifest, Producer, Range
from amml_lake.partitions import Partitions
from amml_lake.snapshot import ends
from amml_lake.stores import open_store
from amml_lake.synchroniser import whole
from amml_runtime.component import Portion
from amml_runtime.errors import WorkflowFault

HOUR = 3_600_000_000
NOTHING: Any = None
TOPIC = "amml.w.r1.clean"
HERE: Any = SimpleNamespace(workflow="w", run=1, label="source")

Sources = Callable[..., Source]


@pytest.fixture
def data_set(tmp_path: Path) -> DataSet:
    """Two writers' hours, in turns, so that the files of a day overlap; rows come out of order."""
    made = DataSet(open_store(f"file://{tmp_path}"), "co2")
    for partition in (0, 1):
        chain = Chain(TOPIC, partition, "ab")
        writer = Appender(made, chain, Partitions("day"), Producer("w", 1, "to_lake"))
        writer.resume()
        for commit in range(3):
            hours = np.arange(commit * 40, commit * 40 + 40)[::-1] * 2 + partition
            times = pa.array(hours * HOUR, pa.timestamp("us", "UTC"))
            keys = pa.array([f"k{partition}"] * len(hours))
            rows = {"_time": times, "_key": keys, "co2": pa.array(hours * 1.0)}
            if commit:
                rows["room"] = pa.array(["a"] * len(hours))
            writer.add(pa.record_batch(rows), commit * 10)
            end = commit * 10 + 10
            writer.commit(end, {}, {f"at:{TOPIC}:{partition}": end, f"id:{TOPIC}": "one"})
    return made


@pytest.fixture
def sources(data_set: DataSet) -> Sources:
    """Sources on the data set."""

    def make(**arguments: Any) -> Source:
        entry = lake_entry("co2", whole(data_set))
        lake = LakeHistory(HERE, NOTHING)
        return Source(
            "lake:co2", **arguments, entry=entry, files=NOTHING, tables=NOTHING, lake=lake
        )

    return make


def hours(portions: list[Portion]) -> list[Any]:
    return [co2 for each in portions for co2 in each.batch.column("co2").to_pylist()]


def test_rows_come_in_the_order_of_their_time_with_all_columns(sources: Sources) -> None:
    portions = list(sources().read(None))
    assert hours(portions) == list(range(240))
    assert all(each.batch.names == ["co2", "room"] for each in portions)
    rows = portions[0].batch.to_rows()
    assert rows[0] == {
        **{"_time": datetime(1970, 1, 1, tzinfo=UTC), "_key": "k0"},
        **{"co2": 0.0, "room": None},
    }


def test_only_rows_of_the_time_that_is_asked_for_come(sources: Sources) -> None:
    portions = list(sources(from_="1970-01-02T06:00", to="1970-01-04").read(None))
    assert hours(portions) == list(range(30, 72))


def test_the_zone_of_the_folders_is_the_zone_of_times_without_one(sources: Sources) -> None:
    whole_day = hours(list(sources(from_="1970-01-02T00:00+09:00", to="1970-01-02").read(None)))
    assert whole_day == list(range(15, 24))


def test_reading_goes_on_from_any_position(sources: Sources) -> None:
    portions = list(sources().read(None))
    for before, rest in ((portions[: n + 1], portions[n + 1 :]) for n in range(len(portions))):
        again = list(sources().read(before[-1].position))
        assert hours(again) == hours(rest)


def test_what_a_compaction_replaces_meanwhile_is_read_all_the_same(
    sources: Sources, data_set: DataSet
) -> None:
    portions = sources().read(None)
    first = next(portions)
    files = data_set.live().files
    path = "year=1970/month=01/day=09/all.parquet"
    merged = DataFile(path, 0, 4)
    gone = tuple(each.path for each in files)
    compaction = Manifest(
        "compact", "co2", COMPACTION, 0, "u", "2026-01-01T00:00:00.000+00:00", (merged,), gone
    )
    Commit(data_set, compaction, {path: b"PAR1"}).carry_out()
    assert hours([first, *sources().read(first.position)]) == list(range(240))


def test_the_last_position_says_where_the_topics_go_on(sources: Sources) -> None:
    source = sources(then_="topic")
    *_, last = source.read(None)
    ends = {f"at:{TOPIC}:0": 30, f"at:{TOPIC}:1": 30, f"id:{TOPIC}": "one"}
    assert source.then(last.position) == ends
    assert list(source.read(last.position)) == []
    nothing = sources(from_="2020-01-01", then_="topic")
    assert list(nothing.read(None)) == []
    assert nothing.then(None) == ends


def test_a_topic_that_was_made_again_goes_on_at_its_own_offsets_alone(
    sources: Sources, data_set: DataSet
) -> None:
    time.sleep(0.002)  # a commit is written down with its millisecond
    chain = Chain(TOPIC, 0, "cd")
    writer = Appender(data_set, chain, Partitions(), Producer("w", 1, "to_lake"))
    writer.resume()
    times = pa.array([0], pa.timestamp("us", "UTC"))
    writer.add(pa.record_batch({"_time": times, "co2": pa.array([1.0])}), 0)
    writer.commit(2, {}, {f"at:{TOPIC}:0": 2, f"id:{TOPIC}": "two"})
    source = sources(then_="topic")
    *_, last = source.read(None)
    assert source.then(last.position) == {f"at:{TOPIC}:0": 2, f"id:{TOPIC}": "two"}


def test_the_newest_commit_of_a_chain_has_the_greatest_number_whatever_the_clock_said() -> None:
    def manifest(start: int, written: str) -> Manifest:
        book = {f"at:{TOPIC}:0": start + 10, f"id:{TOPIC}": "one"}
        range_ = Range(TOPIC, 0, start, start + 10, 1, {})
        return Manifest("append", "co2", "c+0+a", start, "u", written, range=range_, book=book)

    assert ends([manifest(0, "12:00:05"), manifest(10, "12:00:03")])[f"at:{TOPIC}:0"] == 20


def test_a_reader_that_begins_anew_leaves_one_snapshot_and_one_without_rows_none(
    sources: Sources, data_set: DataSet
) -> None:
    for _ in range(3):
        next(sources().read(None))
    assert len(data_set.store.list("_snapshot")) == 1
    nothing = sources(from_="1970-01-02T00:10", to="1970-01-02T00:20")
    assert list(nothing.read(None)) == []
    nothing.kept(None)
    assert not data_set.store.list("_snapshot")


def test_a_snapshot_goes_when_all_is_read_and_committed(
    sources: Sources, data_set: DataSet
) -> None:
    source = sources()
    portions = list(source.read(None))
    for before, after in pairwise(portions):
        source.kept(before.position)
        assert data_set.store.list("_snapshot"), after
    source.kept(portions[-1].position)
    assert not data_set.store.list("_snapshot")


def test_a_snapshot_that_has_gone_is_told(sources: Sources, data_set: DataSet) -> None:
    first = next(sources().read(None))
    data_set.store.delete("_snapshot")
    with pytest.raises(WorkflowFault, match="a reader's list of files has gone"):
        list(sources().read(first.position))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"from_": "spring"}, "`from` is 'spring', a time is"),
        ({"then_": "kafka"}, '`then` is .kafka., it may be "topic"'),
        ({"from_": "2022-04-02", "to": "2022-04-01"}, "`to` is not later"),
        ({"then_": "topic", "to": "2022-04-01"}, "`to` ends what `then` would go on with"),
    ],
)
def test_arguments_are_checked(sources: Sources, arguments: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sources(**arguments)
