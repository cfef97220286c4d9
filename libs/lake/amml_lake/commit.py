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
from typing import TypeVar

from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Overtaken
from amml_lake.layout import (
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
        self._committed = False

    def carry_out(self) -> None:
        """Do it, or go on with it.

        Errors: Overtaken, another has committed under this number; Unavailable; Refused.
        """
        if not self._committed:
            self._stage()
            self._reached("lake_staged")
            self._commit()
            self._committed = True
            self._reached("lake_committed")
        roll_forward(self._data_set, self.manifest, self._reached)
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
        winner = self._data_set.manifest(self.manifest.chain, self.manifest.number)
        if winner.uuid != self.manifest.uuid:
            raise Overtaken(
                f"{self._data_set.name}/{place}: another writer has committed in our place"
            )


def roll_forward(
    data_set: DataSet, manifest: Manifest, reached: Callable[[str], None] = lambda _: None
) -> None:
    """Bring the files to where the manifest says they are; what is done already stays done.

    Errors: Broken, a file that the manifest adds is nowhere.
    """
    folder = staging_path(manifest.chain, manifest.number, manifest.uuid)

    def place(file: DataFile) -> None:
        if not data_set.store.rename(f"{folder}/{staged(file.path)}", file.path):
            _demand(data_set, file.path)
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


def _demand(data_set: DataSet, path: str) -> None:
    """A file that could not be renamed is in place, or was there and has been taken away since."""
    if data_set.store.size(path) is not None:
        return
    if not any(path in each.removes for each in data_set.manifests()):
        raise Broken(f"{data_set.name}/{path}: a manifest names it, and it is not there")


def clean(data_set: DataSet, chain: str, below: int) -> None:
    """Away with the tries of a chain to commit numbers below one that is committed.

    A try for the next number stays, whoever began it: its writer may only be paused, and would
    commit a manifest whose files are gone.
    """
    for each in data_set.store.list(f"{STAGING}/{chain}"):
        if int(each.name.partition("-")[0]) < below:
            data_set.store.delete(f"{STAGING}/{chain}/{each.name}")


def _for_all(do: Callable[[T], None], things: Iterable[T]) -> None:
    """Do it for all, some at once; raise the first error when none is under way any more."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(do, each) for each in things]:
            done.result()
