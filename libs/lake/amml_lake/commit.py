"""The commit of a change: stage, one rename, roll forward, clean.

1. Stage every file, and last the manifest, in a folder that is this try's own.
2. Commit: rename the manifest to its place, which never overwrites. Of two who try, one wins.
3. Roll forward: what it removes out of the way, what it adds into place. Can be repeated.
4. Clean: away with the staging folders of commits that are over.

Whoever dies in between is finished by the next one: before 2 nothing has happened, after it
everything has. There is no log and no lease.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Overtaken
from amml_lake.layout import (
    COMPACTION,
    RETENTION,
    STAGING,
    folder_of,
    manifest_path,
    replaced,
    staged,
    staging_path,
)
from amml_lake.manifest import DataFile, Manifest

_AT_ONCE = 4  # a file takes some trips to the servers, in which others can be under way
T = TypeVar("T")


class Commit:
    """One try to change a data set.

    All of it can be repeated after `Unavailable`: it is the same try, by its uuid.

    Parameters:
        data_set: what is changed.
        manifest: the change.
        files: the content of each file it adds, by path.
        reached: told the name of each place that is passed, for tests that die there.
    """

    def __init__(
        self,
        data_set: DataSet,
        manifest: Manifest,
        files: Mapping[str, bytes | memoryview],
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._data_set = data_set
        self._store = data_set.store
        self.manifest = manifest
        self._files = files
        self._reached = reached
        self._folder = staging_path(manifest.chain, manifest.number, manifest.uuid)
        self._begun = self._committed = False

    def carry_out(self) -> None:
        """Do it, or go on with it.

        Errors: Overtaken, another has committed under this number; Unavailable; Refused.
        """
        again = self._begun
        if not self._committed:
            if not (self._begun and self._stands()):
                self._begun = True
                self._stage()
                self._reached("lake_staged")
                self._commit()
            self._committed = True
            self._reached("lake_committed")
        roll_forward(self._data_set, self.manifest, self._reached, late=again)
        self._reached("lake_in_place")
        self._store.delete(self._folder)

    def _stage(self) -> None:
        """1. The manifest last: where it is, all is."""
        _for_all(self._stage_file, self._files.items())
        self._store.write(f"{self._folder}/manifest.json", self.manifest.to_bytes())

    def _stage_file(self, file: tuple[str, bytes | memoryview]) -> None:
        path, data = file
        self._store.write(f"{self._folder}/{staged(path)}", data)
        self._reached("lake_staging")

    def _commit(self) -> None:
        """2. What counts is whose manifest stands there, whatever the rename was answered."""
        place = manifest_path(self.manifest.chain, self.manifest.number)
        self._store.make_folder(folder_of(place))
        if self._store.rename(f"{self._folder}/manifest.json", place):
            return
        if not self._stands():
            raise Overtaken(f"{self._data_set.name}/{place}: another has taken back what we staged")

    def _stands(self) -> bool:
        """Whether our manifest is in its place.

        Errors: Overtaken, another's is.
        """
        place = manifest_path(self.manifest.chain, self.manifest.number)
        winner = self._data_set.find(self.manifest.chain, self.manifest.number)
        if winner is not None and winner.uuid != self.manifest.uuid:
            raise Overtaken(
                f"{self._data_set.name}/{place}: another writer has committed in our place"
            )
        return winner is not None


def roll_forward(
    data_set: DataSet,
    manifest: Manifest,
    reached: Callable[[str], None] = lambda _: None,
    late: bool = True,
) -> None:
    """Bring the files to where the manifest says they are; what is done already stays done.

    Anybody may do it, at any time. What others have taken away since does not come back.

    Errors: Broken, a file that the manifest adds is nowhere.
    """
    taken = cache(lambda: _taken_away(data_set))
    folder = staging_path(manifest.chain, manifest.number, manifest.uuid)

    def place(file: DataFile) -> None:
        if not data_set.store.rename(f"{folder}/{staged(file.path)}", file.path):
            there = data_set.store.size(file.path) is not None
            if not there and file.path not in taken():
                path = f"{data_set.name}/{file.path}"
                raise Broken(f"{path}: a manifest names it, and it is not there")
        elif late and file.path in taken():
            data_set.store.delete(file.path)
        reached("lake_rolling")

    _for_all(lambda path: _take_away(data_set, manifest, path), manifest.removes)
    _for_all(data_set.store.make_folder, {each.folder for each in manifest.adds})
    _for_all(place, manifest.adds)


def _take_away(data_set: DataSet, manifest: Manifest, path: str) -> None:
    """What a compaction replaces is kept aside for those who are reading it; else it is gone."""
    if manifest.kind == "delete":
        data_set.store.delete(path)
        data_set.store.delete(replaced(path))
        return
    data_set.store.make_folder(folder_of(replaced(path)))
    data_set.store.rename(path, replaced(path))


def _taken_away(data_set: DataSet) -> frozenset[str]:
    """The paths that compactions and deletions have taken."""
    manifests = data_set.manifests([COMPACTION, RETENTION])
    return frozenset(path for each in manifests for path in each.removes)


def finish_all(data_set: DataSet) -> None:
    """Roll forward what writers have committed and not brought into place yet.

    Whoever reads or takes away files does this first: a writer may have died in between, and may
    never come back. It is no harm to one that is at work.
    """
    store = data_set.store
    for chain in (each.name for each in store.list(STAGING) if "+" in each.name):
        tries = data_set.tries(chain).values()
        for number in set(tries).intersection(data_set.numbers(chain)):
            roll_forward(data_set, data_set.manifest(chain, number))


def clean(data_set: DataSet, chain: str, below: int) -> None:
    """Away with the tries of a chain to commit numbers below one that is committed.

    A try for the next number stays, whoever began it: its writer may only be paused, and would
    commit a manifest whose files are gone.
    """
    for name, number in data_set.tries(chain).items():
        if number < below:
            data_set.store.delete(f"{STAGING}/{chain}/{name}")


def _for_all(do: Callable[[T], None], things: Iterable[T]) -> None:
    """Do it for all, some at once; the first error ends it, once none is under way any more."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(do, each) for each in things]:
            try:
                done.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
