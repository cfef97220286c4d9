"""The commit, with the store failing or the writer dying at every single call that it makes."""

import os
from itertools import count
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from amml_lake import snapshot
from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Overtaken, Refused, Unavailable, Unsuitable
from amml_lake.history import History, Place
from amml_lake.layout import Chain
from amml_lake.manifest import Producer
from amml_lake.partitions import Partitions
from amml_lake.protection import snapshots
from amml_lake.retention import take_away
from amml_lake.stores import Store, open_store
from amml_lake.stores.local import LocalStore

DAY = 86_400_000_000
CHAIN = Chain("amml.w.r1.clean", 0, "f00d")


class Killed(BaseException):
    """The writer dies."""


class Troubled:
    """A real store in which one call fails, before it is carried out or after.

    Parameters:
        at: which call, from 0 on.
        done: whether it is carried out, and only its answer lost.
        error: what the caller gets.
    """

    def __init__(self, store: Store, at: int, done: bool, error: BaseException) -> None:
        self._store = store
        self._at = at
        self._done = done
        self._error = error
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)

        def call(*arguments: Any) -> Any:
            number, self.calls = self.calls, self.calls + 1
            if number == self._at and not self._done:
                raise self._error
            result = real(*arguments)
            if number == self._at:
                raise self._error
            return result

        return call if callable(real) else real


def rows(first: int, number: int = 4) -> pa.RecordBatch:
    """Rows a day apart, so that each has a folder of its own."""
    times = pa.array(np.arange(first, first + number) * DAY, pa.timestamp("us", "UTC"))
    return pa.record_batch({"_time": times, "co2": pa.array(np.arange(number) * 1.0)})


def appender(store: Store, chain: Chain = CHAIN) -> Appender:
    data_set = DataSet(store, "co2")
    return Appender(data_set, chain, Partitions(), Producer("w", 1, "to_lake"))


def write(store: Store, upto: int) -> None:
    """A writer's life: go on where the data set ends, and commit every ten offsets."""
    writer = appender(store)
    last = writer.resume()
    at = last.range.end if last and last.range else 0
    while at < upto:
        writer.add(rows(at), at)
        for attempt in count():
            try:
                writer.commit(at + 10, {"0": at + 10}, {"at": at + 10})
                break
            except Unavailable:
                assert attempt == 0
        at += 10


def check(folder: Path, upto: int) -> None:
    """What is there, by a plain reader of folders: each row once, and nothing lies about."""
    data_set = DataSet(LocalStore(folder), "co2")
    found = data_set.live()
    assert [each.range and each.range[2:4] for each in found.manifests] == [
        (at, at + 10) for at in range(0, upto, 10)
    ]
    files = sorted(str(f.relative_to(folder / "co2")) for f in (folder / "co2").rglob("*.parquet"))
    assert files == [each.path for each in found.files]
    days = [str(np.datetime64(at + n, "D")) for at in range(0, upto, 10) for n in range(4)]
    folders = [f"year={d[:4]}/month={d[5:7]}/day={d[8:]}" for d in days]
    assert sorted(folders) == sorted(each.folder for each in found.files)
    assert not any(data_set.store.list(f"_staging/{CHAIN.name}"))


def calls_of(folder: Path) -> int:
    store = Troubled(LocalStore(folder), -1, False, Killed())
    write(cast(Store, store), 20)
    return store.calls


def troubled(folder: Path, at: int, done: bool, error: BaseException) -> Store:
    return cast(Store, Troubled(LocalStore(folder), at, done, error))


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
def test_a_call_that_fails_at_any_place_changes_nothing(tmp_path: Path, done: bool) -> None:
    for at in range(calls_of(tmp_path / "counted")):
        folder = tmp_path / str(at)
        try:
            write(troubled(folder, at, done, Unavailable("away")), 20)
        except Unavailable:  # while resuming, which a step does again
            write(LocalStore(folder), 20)
        check(folder, 20)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_writer_that_dies_at_any_call_is_followed_by_one_that_goes_on(
    tmp_path: Path, done: bool
) -> None:
    for at in range(calls_of(tmp_path / "counted")):
        folder = tmp_path / str(at)
        with pytest.raises(Killed):
            write(troubled(folder, at, done, Killed()), 20)
        write(LocalStore(folder), 40)
        check(folder, 40)


def test_of_two_writers_of_one_chain_the_second_is_refused(lake: Store) -> None:
    first, second = appender(lake), appender(lake)
    for each in (first, second):
        each.resume()
        each.add(rows(0), 0)
    first.commit(10, {}, {})
    with pytest.raises(Overtaken, match="another writer has committed in our place"):
        second.commit(12, {}, {})
    found = DataSet(lake, "co2").live()
    assert (found.rows, len(found.manifests)) == (4, 1)


def test_a_writer_that_slept_through_commits_of_another_is_refused(lake: Store) -> None:
    asleep = appender(lake)
    asleep.resume()
    asleep.add(rows(0), 0)
    write(lake, 30)
    with pytest.raises(Overtaken):
        asleep.commit(10, {}, {})
    assert DataSet(lake, "co2").live().rows == 12


def test_a_manifest_that_names_a_missing_file_is_told(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    found = DataSet(store, "co2").live()
    (tmp_path / "co2" / found.files[0].path).unlink()
    with pytest.raises(Broken, match=r"day=01/amml.*parquet: a manifest names it"):
        appender(store).resume()


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    full = Refused("x: No space left on device")
    with pytest.raises(Refused, match="No space left"):
        write(troubled(tmp_path, 12, False, full), 20)
    write(store, 20)
    check(tmp_path, 20)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (("co2", pa.array(["a"])), "`co2` is string, and double in data set `co2`"),
        (("month", pa.array([1])), "`month` has the name of the lake's folders"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    tmp_path: Path, column: tuple[str, Any], said: str
) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    writer = appender(store, Chain("amml.w.r1.clean", 1, "f00d"))
    writer.resume()
    time = pa.array([0], pa.timestamp("us", "UTC"))
    with pytest.raises(Unsuitable, match=said):
        writer.add(pa.record_batch({"_time": time, column[0]: column[1]}), 0)


def test_two_writers_that_begin_at_once_agree_on_types(tmp_path: Path) -> None:
    writers = [appender(LocalStore(tmp_path), Chain("amml.w.r1.clean", p, "f00d")) for p in (0, 1)]
    time = pa.array([0], pa.timestamp("us", "UTC"))
    for each, value in zip(writers, (1, 1.0), strict=True):
        each.resume()
        each.add(pa.record_batch({"_time": time, "co2": pa.array([value])}), 0)
    writers[0].commit(10, {}, {})
    with pytest.raises(Unsuitable, match="`co2` is int64, and double in data set"):
        writers[1].commit(10, {}, {})


def test_further_columns_are_taken_and_columns_of_nulls_left_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    writer = appender(store)
    writer.resume()
    wider = rows(0).append_column("room", pa.array(["a"] * 4)).append_column("x", pa.nulls(4))
    writer.add(wider, 10)
    done = writer.commit(20, {}, {})
    assert done is not None
    assert [each[:2] for each in done.columns] == [
        ("_time", "timestamp[us, tz=UTC]"),
        ("co2", "double"),
        ("room", "string"),
    ]


def test_a_data_set_keeps_its_folders(tmp_path: Path) -> None:
    write(LocalStore(tmp_path), 10)
    data_set = DataSet(LocalStore(tmp_path), "co2")
    writer = Appender(data_set, CHAIN, Partitions("month"), Producer("w", 1, "to_lake"))
    with pytest.raises(Unsuitable, match="has folders by='day', tz='UTC'"):
        writer.resume()


def test_a_range_without_rows_is_a_commit_too(tmp_path: Path) -> None:
    writer = appender(LocalStore(tmp_path))
    writer.resume()
    writer.add(rows(0).slice(0, 0), 0)
    done = writer.commit(3, {}, {"ended": [0]})
    assert done is not None
    assert (done.adds, done.range and done.range.end, done.book) == ((), 3, {"ended": [0]})
    assert writer.commit(3, {}, {}) is None


def test_names_of_data_sets_are_checked(tmp_path: Path) -> None:
    for name in ("../x", "", "Ä", "a/b", "_x"):
        with pytest.raises(Unsuitable, match="is no data set's name"):
            DataSet(open_store(f"file://{tmp_path}"), name)


def test_a_commit_that_failed_takes_no_rows_until_it_is_done(tmp_path: Path) -> None:
    store = troubled(tmp_path, 6, False, Unavailable("away"))
    writer = appender(store)
    writer.resume()
    writer.add(rows(0), 0)
    with pytest.raises(Unavailable):
        writer.commit(10, {}, {})
    with pytest.raises(AssertionError, match="would not have these rows"):
        writer.add(rows(10), 10)
    writer.commit(10, {}, {})
    writer.add(rows(10), 10)
    writer.commit(20, {}, {})
    check(tmp_path, 20)


def test_what_a_dead_writer_has_committed_is_read_though_nobody_finishes_it(
    tmp_path: Path,
) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    writer = die_at(store, "lake_committed")
    writer.add(rows(10), 10)
    with pytest.raises(Killed):
        writer.commit(20, {}, {})
    data_set = DataSet(store, "co2")
    taken = snapshot.take(data_set, "reader")
    assert sum(part.num_rows for part, _ in History(data_set, taken).read(Place())) == 8


def test_what_was_deleted_before_its_writer_came_back_stays_away(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    writer = die_at(store, "lake_committed")
    writer.add(rows(0), 0)
    with pytest.raises(Killed):
        writer.commit(10, {}, {})
    data_set = DataSet(store, "co2")
    take_away(data_set, [each.path for each in data_set.live().files], (), "age")
    appender(store).resume()
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_rename_that_died_half_way_is_ended_by_the_next(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write("a", b"42")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert store.rename("a", "b")
    assert [each.name for each in store.list("")] == ["b"]
    assert not store.rename("a", "b")


def test_a_list_leaves_out_what_goes_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)
    for name in ("gone", "stays"):
        store.write(name, b"42")

    def scandir(path: Path) -> Scanned:
        return Scanned(path, tmp_path / "gone")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        assert [each.name for each in store.list("")] == ["stays"]


def test_a_snapshot_that_is_half_written_is_nobodys(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    write(store, 10)
    store.write("co2/_snapshot/reader+f00d.json.new", b'{"files": [[')
    data_set = DataSet(store, "co2")
    assert snapshots(data_set) == {}
    assert len(snapshot.take(data_set, "reader").files) == 4
    assert [each.name.endswith(".json") for each in store.list("co2/_snapshot")] == [True]


class Scanned:
    """What a folder lists, of which one file goes before it is looked at."""

    def __init__(self, path: Any, goes: Path) -> None:
        self._entries = list(Path(path).iterdir())
        goes.unlink()

    def __enter__(self) -> Any:
        return iter([Found(each) for each in self._entries])

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


class Found:
    """An entry of a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name

    def stat(self) -> os.stat_result:
        return self._path.stat()

    def is_dir(self) -> bool:
        return self._path.is_dir()


def die_at(store: Store, place: str) -> Appender:
    """A writer that has resumed, and dies at a place of its next commit."""

    def reached(at: str) -> None:
        if at == place:
            raise Killed

    data_set = DataSet(store, "co2")
    made = Appender(data_set, CHAIN, Partitions(), Producer("w", 1, "to_lake"), reached)
    made.resume()
    return made
