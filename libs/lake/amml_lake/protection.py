"""Which files somebody still names: a reader of history, or a model that was trained on them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from amml_lake import snapshot
from amml_lake.data_set import DataSet, Live
from amml_lake.errors import Broken
from amml_lake.layout import SNAPSHOTS, folder_of
from amml_lake.manifest import DataFile, Manifest


class Claim(NamedTuple):
    """What somebody was given to read: snapshots, of the times `[first, until)` in microseconds.

    `reader` is who took the snapshots, whose names begin with it; None leaves an end open.
    """

    who: str
    reader: str
    first: int | None = None
    until: int | None = None


def snapshots(data_set: DataSet) -> dict[str, frozenset[str]]:
    """The paths that each snapshot names.

    Errors: Broken, one cannot be read: then nobody knows what it names.
    """
    files = [each.name for each in data_set.store.list(SNAPSHOTS)]
    names = [each.removesuffix(".json") for each in files if each.endswith(".json")]
    found = {name: _read(data_set, name) for name in names}
    return {name: paths for name, paths in found.items() if paths is not None}


def _read(data_set: DataSet, name: str) -> frozenset[str] | None:
    """The paths that a snapshot names; None if its reader has just let it go."""
    try:
        return frozenset(each.path for each in snapshot.read(data_set, name).files)
    except Broken:
        if data_set.store.size(f"{SNAPSHOTS}/{name}.json") is None:
            return None
        raise


def protected(
    live: Live, taken: Mapping[str, frozenset[str]], claims: Iterable[Claim]
) -> dict[str, str]:
    """The paths that are named, each with who names it.

    What a compaction has made of a named file holds its rows, and is named as well. Of a claim
    whose snapshots have gone, all files count that may hold rows of its time.
    """
    found: dict[str, str] = {}
    for claim in claims:
        named = [taken[name] for name in taken if name.partition("+")[0] == claim.reader]
        paths = _heirs(frozenset().union(*named), live) if named else _within(live.files, claim)
        found.update(dict.fromkeys(paths, claim.who))
    for name, paths in taken.items():
        found |= dict.fromkeys(_heirs(paths, live) - found.keys(), f"snapshot `{name}`")
    return found


def _within(files: Iterable[DataFile], claim: Claim) -> set[str]:
    after = claim.first if claim.first is not None else -(1 << 63)
    before = claim.until if claim.until is not None else 1 << 63
    return {
        each.path
        for each in files
        if each.first is None or each.last is None or (each.last >= after and each.first < before)
    }


def _heirs(paths: Iterable[str], live: Live) -> set[str]:
    """The paths, and those of the files in which their rows are since."""
    into = {
        path: manifest
        for manifest in live.manifests
        if manifest.kind == "compact"
        for path in manifest.removes
    }
    found, new = set[str](), set(paths)
    while new:
        found |= new
        new = {heir for path in new & into.keys() for heir in _made_of(path, into[path])} - found
    return found


def _made_of(path: str, compaction: Manifest) -> list[str]:
    """The files that may hold a file's rows: those in its folder, if it still has any."""
    same = [each.path for each in compaction.adds if each.folder == folder_of(path)]
    return same or [each.path for each in compaction.adds]
