"""Putting files together: a folder at a time, each in one commit.

What has begun is finished or taken back by the next compaction: nothing has happened before the
commit, and after it everything has.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from amml_lake.commit import Commit, clean, finish_all, roll_forward
from amml_lake.compaction.choice import Work, work
from amml_lake.compaction.ordered import SLICE_BYTES, Source, alike, ordered, union
from amml_lake.compaction.output import Output
from amml_lake.compaction.wish import Wish
from amml_lake.data_set import DataSet, Live
from amml_lake.errors import LakeError
from amml_lake.layout import (
    COMPACTION,
    REPLACED,
    RETENTION,
    replaced,
    staged,
    staging_path,
)
from amml_lake.manifest import DataFile, Manifest
from amml_lake.parquet_file import open_parquet
from amml_lake.protection import snapshots
from amml_lake.turns import give_way
from amml_lake.walk import files_below

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Done(NamedTuple):
    """What has become of a folder's small files."""

    folder: str
    before: tuple[DataFile, ...]
    after: tuple[DataFile, ...]


def compact(
    data_set: DataSet,
    wish: Wish,
    reached: Callable[[str], None] = lambda _: None,
    slice_bytes: int = SLICE_BYTES,
) -> Iterator[Done]:
    """Put small files of closed folders together, and forget what was replaced long ago.

    Parameters:
        reached: told of the places of each commit, for tests that die there.
        slice_bytes: how much of the rows is in memory at once, beside one file that is written.
    Errors: Overtaken, another compaction is at work; Unavailable, a deletion is, or the store does
        not answer; Broken, a file cannot be read; Unsuitable, no such data set; Refused. What was
        done before stays done.
    """
    data_set.demand()
    finish_all(data_set)
    number = finish(data_set)  # known before what counts is: who commits meanwhile, takes it
    live = data_set.live()
    _forget(data_set, live, wish)
    for each in work(live, wish):
        done = _Try(data_set, number, each, wish.target, reached).carry_out(slice_bytes)
        if done is not None:
            yield done
            number += 1


def finish(data_set: DataSet) -> int:
    """Finish the compactions that were committed and broke off, and end those that were not.

    Whoever left a try may only be paused, and would commit a manifest whose files are gone. So
    before they go, its number is taken, by a commit that changes nothing. Returns the number that
    the next compaction has.

    Errors: Overtaken, it was not paused, and has just committed.
    """
    numbers = set(data_set.numbers(COMPACTION))
    following = max(numbers, default=-1) + 1
    waiting = data_set.tries(COMPACTION).values()
    for number in numbers.intersection(waiting):
        roll_forward(data_set, data_set.manifest(COMPACTION, number))
    if max(waiting, default=-1) >= following:
        Commit(data_set, _manifest(data_set, following, uuid4().hex), {}).carry_out()
        following += 1
    clean(data_set, COMPACTION, following)
    return following


def _forget(data_set: DataSet, live: Live, wish: Wish) -> None:
    """Delete what was replaced long ago and no snapshot names."""
    named = {path for paths in snapshots(data_set).values() for path in paths}
    due = {
        replaced(path)
        for each in live.manifests
        if each.kind == "compact" and _microseconds(each.written) + wish.keep <= wish.now
        for path in each.removes
        if path not in named
    }
    for path in files_below(data_set.store, REPLACED).keys() & due:
        data_set.store.delete(path)


def _manifest(
    data_set: DataSet,
    number: int,
    uuid: str,
    made: Sequence[DataFile] = (),
    gone: Sequence[DataFile] = (),
) -> Manifest:
    return Manifest(
        kind="compact",
        dataset=data_set.name,
        chain=COMPACTION,
        number=number,
        uuid=uuid,
        written=datetime.now(UTC).isoformat(timespec="milliseconds"),
        adds=tuple(made),
        removes=tuple(each.path for each in gone),
    )


def _microseconds(written: str) -> int:
    return (datetime.fromisoformat(written) - _EPOCH) // timedelta(microseconds=1)


class _Try:
    """One try to put the small files of a folder together."""

    def __init__(
        self,
        data_set: DataSet,
        number: int,
        work_: Work,
        target: int,
        reached: Callable[[str], None],
    ) -> None:
        self._data_set = data_set
        self._work = work_
        self._target = target
        self._reached = reached
        self._number = number
        self._uuid = uuid4().hex
        self._folder = staging_path(COMPACTION, self._number, self._uuid)
        self._made: list[DataFile] = []

    def carry_out(self, slice_bytes: int) -> Done | None:
        """Do it; None: there are no two files whose rows may stand in one."""
        gone: list[DataFile] = []
        try:
            with ExitStack() as stack:
                for group in alike([self._opened(stack, each) for each in self._work.files]):
                    if len(group) > 1:
                        self._stage(group, slice_bytes)
                        gone += [each.file for each in group]
            if not gone:
                return None
            self._commit(gone)
        except LakeError:
            self._take_back()
            raise
        return Done(self._work.folder, tuple(gone), tuple(self._made))

    def _opened(self, stack: ExitStack, file: DataFile) -> Source:
        store = self._data_set.store
        return Source(file, stack.enter_context(open_parquet(store, file.path, file.bytes)))

    def _stage(self, group: Sequence[Source], slice_bytes: int) -> None:
        """Write files of about the target's size; each is away before the next begins."""
        schema = union(group)
        output = Output(schema, self._target)
        for batch in ordered(group, schema, slice_bytes):
            output.add(batch)
            if output.is_full:
                self._write(output)
                output = Output(schema, self._target)
        if output.rows:
            self._write(output)

    def _write(self, output: Output) -> None:
        data = output.close()
        more = f"+{len(self._made)}" if self._made else ""
        path = f"{self._work.folder}/{COMPACTION}+{self._number}{more}.parquet"
        self._data_set.store.write(f"{self._folder}/{staged(path)}", memoryview(data))
        self._made.append(DataFile(path, output.rows, data.size, output.first, output.last))
        self._reached("lake_staging")

    def _commit(self, gone: Sequence[DataFile]) -> None:
        manifest = _manifest(self._data_set, self._number, self._uuid, self._made, gone)

        def at(place: str) -> None:
            if place == "lake_staged":
                give_way(self._data_set, RETENTION, manifest.removes)
            self._reached(place)

        Commit(self._data_set, manifest, {}, at).carry_out()
        clean(self._data_set, COMPACTION, self._number + 1)

    def _take_back(self) -> None:
        """Leave nothing for others to wait for; what cannot be done now, the next one does.

        The manifest goes first: once it is gone it cannot be committed any more, whatever became of
        the answer to its rename, and if it was committed before, the files stay for the next one.
        """
        data_set = self._data_set
        with suppress(LakeError):
            data_set.store.delete(f"{self._folder}/manifest.json")
            if self._number in data_set.numbers(COMPACTION):
                if data_set.manifest(COMPACTION, self._number).uuid == self._uuid:
                    return
            data_set.store.delete(self._folder)
