"""What a reader of history reads: the files of one moment, however long it takes.

A snapshot names files, and as long as it is there nobody deletes them; what a compaction replaces
meanwhile is read where it was put aside.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from amml_lake.commit import finish_all
from amml_lake.data_set import DataSet
from amml_lake.errors import Broken, Overtaken
from amml_lake.layout import RETENTION, SNAPSHOTS
from amml_lake.manifest import DataFile, Manifest

TRIES = 5


@dataclass(frozen=True)
class Snapshot:
    """The files, and what the writers' books said of their topics after the last row in them.

    `first` and `until` bound the times that are wanted: `[first, until)`, microseconds since 1970.
    """

    name: str
    files: tuple[DataFile, ...]
    ends: Mapping[str, Any]
    first: int | None = None
    until: int | None = None


def take(
    data_set: DataSet, reader: str, first: int | None = None, until: int | None = None
) -> Snapshot:
    """Note what there is now for a reader, whose name the snapshot's begins with.

    What the same reader has noted before, and then did not begin to read, is let go.

    Errors: Unsuitable, there is no such data set; Overtaken, files are deleted all the time.
    """
    data_set.demand()
    for each in data_set.store.list(SNAPSHOTS):
        if each.name.startswith(f"{reader}+"):
            data_set.store.delete(f"{SNAPSHOTS}/{each.name}")
    for _ in range(TRIES):
        made = _noted(data_set, reader, first, until)
        # Who deletes files looks for snapshots first: so what is still there now, stays.
        deleted = {path for each in data_set.manifests([RETENTION]) for path in each.removes}
        if deleted.isdisjoint(each.path for each in made.files):
            return made
        drop(data_set, made.name)
    raise Overtaken(f"files of `{data_set.name}` are deleted all the time; begin to read it again")


def _noted(data_set: DataSet, reader: str, first: int | None, until: int | None) -> Snapshot:
    finish_all(data_set)
    found = data_set.live()
    files = tuple(each for each in found.files if _may_hold(each, first, until))
    made = Snapshot(f"{reader}+{uuid4().hex[:8]}", files, ends(found.manifests), first, until)
    new = f"{_path(made.name)}.new"  # until all of it is there, it is nobody's
    data_set.store.write(new, _written(made))
    data_set.store.rename(new, _path(made.name))
    return made


def read(data_set: DataSet, name: str) -> Snapshot:
    """A snapshot that was taken.

    Errors: Broken, it is not there any more.
    """
    try:
        document = json.loads(data_set.store.read(_path(name)))
    except (FileNotFoundError, ValueError) as error:
        raise Broken(f"{data_set.name}/{_path(name)}: a reader's list of files has gone") from error
    files = tuple(DataFile(*each) for each in document["files"])
    return Snapshot(name, files, document["ends"], document["first"], document["until"])


def drop(data_set: DataSet, name: str) -> None:
    """Let the files go: nobody reads them any more."""
    data_set.store.delete(_path(name))


def ends(manifests: Iterable[Manifest]) -> dict[str, Any]:
    """Where topics go on after the last rows, in the words of the writers' books.

    Of several topics that had one name, one after the other, only the last counts: its offsets
    begin at 0, and its id tells a reader when it has been made again since.
    """
    last: dict[str, Manifest] = {}
    for each in manifests:
        before = last.get(each.chain)
        if each.range and (before is None or each.number > before.number):
            last[each.chain] = each
    found: dict[str, Any] = {}
    for each in sorted(last.values(), key=lambda each: each.written):
        assert each.range is not None
        id_ = f"id:{each.range.topic}"
        if found.get(id_) not in (None, each.book.get(id_)):
            found = {k: v for k, v in found.items() if not _is_of(k, each.range.topic)}
        found |= {k: v for k, v in each.book.items() if k.startswith(("at:", "id:"))}
    return found


def _is_of(key: str, topic: str) -> bool:
    return key == f"id:{topic}" or key.rpartition(":")[0] == f"at:{topic}"


def _may_hold(file: DataFile, first: int | None, until: int | None) -> bool:
    """Whether some of its rows lie in the time that is asked for; rows without a time never do."""
    if first is None and until is None:
        return True
    if file.first is None or file.last is None:
        return False
    return (first is None or file.last >= first) and (until is None or file.first < until)


def _written(snapshot: Snapshot) -> bytes:
    document = {
        "files": [list(each) for each in snapshot.files],
        "ends": snapshot.ends,
        "first": snapshot.first,
        "until": snapshot.until,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _path(name: str) -> str:
    return f"{SNAPSHOTS}/{name}.json"
