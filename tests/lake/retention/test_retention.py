"""What is taken away from a data set: what was chosen, whole, or nothing."""

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_lake import snapshot
from amml_lake.commit import Commit
from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Unavailable
from amml_lake.layout import COMPACTION, RETENTION, STAGING, replaced, staging_path
from amml_lake.manifest import DataFile, Manifest
from amml_lake.protection import Claim, protected, snapshots
from amml_lake.retention import Limits, chosen, copies, deletions, finish, stale, take_away
from amml_lake.stores import Store
from amml_lake.verification import verify

Filled = Callable[..., DataSet]


def paths(data_set: DataSet) -> list[str]:
    return [each.path for each in data_set.live().files]


def there(data_set: DataSet, path: str) -> bool:
    return data_set.store.size(path) is not None


def compacted(data_set: DataSet) -> str:
    """Put all files into one, in the folder of the first; its path."""
    files = data_set.live().files
    tables = [pq.read_table(io.BytesIO(data_set.store.read(each.path))) for each in files]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(tables), sink)
    data = bytes(sink.getvalue())
    numbers = data_set.numbers(COMPACTION)
    number = numbers[-1] + 1 if numbers else 0
    path = f"{files[0].folder}/compaction+{number}.parquet"
    first, last = min(e.first or 0 for e in files), max(e.last or 0 for e in files)
    whole = DataFile(path, sum(each.rows for each in files), len(data), first, last)
    gone = tuple(each.path for each in files)
    written = "2026-01-01T00:00:00.000+00:00"
    made = Manifest(
        "compact", data_set.name, COMPACTION, number, uuid4().hex, written, (whole,), gone
    )
    Commit(data_set, made, {path: data}).carry_out()
    return path


def _file(name: int, first: int | None, length: int, size: int) -> DataFile:
    return DataFile(f"{name}", 1, size, first, None if first is None else first + length)


files = st.lists(
    st.builds(
        _file,
        st.integers(),
        st.none() | st.integers(0, 1000),
        st.integers(0, 300),
        st.integers(1, 100),
    ),
    unique_by=lambda each: each.path,
)


@given(files, st.integers(0, 1000), st.integers(0, 1500), st.sets(st.integers(0, 30)))
def test_by_age_exactly_the_files_go_of_which_every_row_is_older(
    every: list[DataFile], age: int, now: int, held: set[int]
) -> None:
    kept = {each.path: "held" for n, each in enumerate(every) if n in held}
    found = chosen(every, Limits(age=age), now, kept)
    going = {each.file.path for each in found if not each.kept}
    for each in every:
        old = each.last is not None and now - each.last > age
        assert (each.path in going) == (old and each.path not in kept)
    assert {each.file.path for each in found if each.kept} <= kept.keys()


@given(files, st.integers(0, 3000), st.sets(st.integers(0, 30)))
def test_by_size_the_oldest_go_until_the_rest_fits_and_no_more(
    every: list[DataFile], most: int, held: set[int]
) -> None:
    kept = {each.path: "held" for n, each in enumerate(every) if n in held}
    going = [each.file for each in chosen(every, Limits(bytes=most), 0, kept) if not each.kept]
    left = [each for each in every if each not in going]
    size = sum(each.bytes for each in left)
    assert size <= most or all(each.path in kept for each in left)
    if going:
        assert size + going[-1].bytes > most
    ends = [each.last for each in left if each.path not in kept and each.last is not None]
    assert all((g.last or 0) <= min(ends, default=1 << 62) for g in going if g.last is not None)


def test_what_is_taken_away_is_gone_and_all_else_is_there(lake: Store, filled: Filled) -> None:
    data_set = filled(lake=lake, commits=4)
    before = paths(data_set)
    take_away(data_set, before[:2], [], "older than 90d")
    assert paths(data_set) == before[2:]
    assert [there(data_set, each) for each in before] == [False, False, True, True]
    assert not verify(data_set).findings
    [noted] = deletions(data_set)
    assert (noted.removes, noted.reason) == (tuple(before[:2]), "older than 90d")
    take_away(data_set, before[2:3], [], "older than 90d")
    assert paths(data_set) == before[3:]


class Died(Exception):
    pass


@pytest.mark.parametrize(
    ("at", "left"), [("lake_staged", 3), ("lake_committed", 2), ("lake_in_place", 2)]
)
def test_who_dies_while_deleting_is_finished_by_the_next(
    filled: Filled, at: str, left: int
) -> None:
    data_set = filled()
    before = paths(data_set)

    def die(place: str) -> None:
        if place == at:
            raise Died

    with pytest.raises(Died):
        take_away(data_set, before[:1], [], "test", reached=die)
    assert len(paths(data_set)) == left  # all of it, or nothing
    finish(data_set)
    assert len(paths(data_set)) == left
    assert there(data_set, before[0]) == (left == 3)
    assert not data_set.store.list(f"{STAGING}/{RETENTION}")
    proof = verify(data_set)
    assert not proof.findings
    assert not proof.waiting


def test_a_deletion_gives_way_to_a_compaction_under_way(filled: Filled) -> None:
    data_set = filled()
    before = paths(data_set)
    data_set.store.make_folder(staging_path(COMPACTION, 0, "u"))
    with pytest.raises(Unavailable, match="a compaction of `co2` is under way"):
        take_away(data_set, before[:1], [], "test")
    assert paths(data_set) == before
    assert all(there(data_set, each) for each in before)
    assert not data_set.store.list(f"{STAGING}/{RETENTION}")


def test_a_snapshot_that_is_taken_meanwhile_keeps_its_files(filled: Filled) -> None:
    data_set = filled()
    before = paths(data_set)
    snapshot.take(data_set, "reader")
    with pytest.raises(Unavailable, match="has come to name what was to be deleted"):
        take_away(data_set, before[:1], [], "test")
    assert paths(data_set) == before
    take_away(data_set, before[:1], [], "test", forced=True)
    assert paths(data_set) == before[1:]


def test_a_snapshot_that_cannot_be_read_keeps_everything(filled: Filled) -> None:
    data_set = filled()
    path = data_set.live().files[0].path
    data_set.store.write("_snapshot/reader+1.json", b"{")
    with pytest.raises(Broken):
        take_away(data_set, [path], [], "test")
    assert there(data_set, path)


def test_a_snapshot_that_is_let_go_while_it_is_read_is_none(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_set = filled()
    snapshot.take(data_set, "reader")
    read = snapshot.read

    def late(of: DataSet, name: str) -> snapshot.Snapshot:
        snapshot.drop(of, name)
        return read(of, name)

    monkeypatch.setattr(snapshot, "read", late)
    assert snapshots(data_set) == {}


def test_what_a_compaction_made_of_a_named_file_is_named_too(filled: Filled) -> None:
    data_set = filled()
    before = paths(data_set)
    name = snapshot.take(data_set, "reader").name
    whole = compacted(data_set)
    named = protected(data_set.live(), snapshots(data_set), [])
    assert named == dict.fromkeys([*before, whole], f"snapshot `{name}`")


def test_a_training_keeps_its_snapshot_or_else_its_time(filled: Filled) -> None:
    data_set = filled()  # three days
    before = paths(data_set)
    second = data_set.live().files[1]
    until = (second.last or 0) + 1
    gone = Claim("run `a`", "no-such", second.first, until)
    assert protected(data_set.live(), {}, [gone]) == {before[1]: "run `a`"}
    forever = Claim("run `a`", "no-such")
    assert protected(data_set.live(), {}, [forever]).keys() == set(before)
    taken = {"s+1f": frozenset(before[:1]), "s+2f": frozenset(before[2:]), "s2+f": frozenset()}
    named = protected(data_set.live(), taken, [Claim("run `a`", "s")])
    assert named == {before[0]: "run `a`", before[2]: "run `a`"}


def test_copies_go_when_no_row_of_theirs_is_young_enough(filled: Filled) -> None:
    data_set = filled()
    before = data_set.live().files
    compacted(data_set)
    aside = copies(data_set, data_set.live())
    assert sorted(aside) == sorted(before)
    now = (before[1].last or 0) + 11
    going = stale(aside, [], Limits(age=10), now)
    assert sorted(going) == sorted(before[:2])
    take_away(data_set, [], [each.path for each in going], "test")
    left = [each.path for each in before if there(data_set, replaced(each.path))]
    assert left == [before[2].path]
    assert not verify(data_set).findings
    assert stale(aside, [before[0]], Limits(bytes=1), now) == [before[0]]


def test_nothing_to_delete_leaves_no_trace(filled: Filled) -> None:
    data_set = filled()
    found: Any = take_away(data_set, [], [], "test")
    assert found is None
    assert list(deletions(data_set)) == []
