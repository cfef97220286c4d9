"""The commit, with the store failing or the writer dying at every single call that it makes."""

from itertools import count
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from amml_lake.appender import Appender
from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Overtaken, Refused, Unavailable, Unsuitable
from amml_lake.layout import Chain
from amml_lake.manifest import Producer
from amml_lake.partitions import Partitions
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
