"""What a reader of history reads: the files of one moment, however long it takes.

A snapshot names files, and as long as it is there nobody deletes them; what a compaction replaces
meanwhile is read where it was put aside.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from amml_lake.data_set import DataSet
from amml_lake.errors import Broken
from amml_lake.layout import SNAPSHOTS
from amml_lake.manifest import DataFile, Manifest


@dataclass(frozen=True)
class Snapshot:
    """The files, and for each partition of a topic the offset after the last row in them.

    `first` and `until` bound the times that are wanted: `[first, until)`, microseconds since 1970.
    """

    name: str
    files: tuple[DataFile, ...]
    ends: Mapping[str, Mapping[str, int]]
    first: int | None = None
    until: int | None = None


def take(
    data_set: DataSet, reader: str, first: int | None = None, until: int | None = None
) -> Snapshot:
    """Note what there is now for a reader, whose name the snapshot's begins with.

    Errors: Unsuitable, there is no such data set.
    """
    data_set.demand()
    found = data_set.live()
    files = tuple(each for each in found.files if _may_hold(each, first, until))
    made = Snapshot(f"{reader}+{uuid4().hex[:8]}", files, _ends(found.manifests), first, until)
    data_set.store.write(_path(made.name), _written(made))
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


def _ends(manifests: Iterable[Manifest]) -> dict[str, dict[str, int]]:
    """Where each partition of each topic goes on: what was committed last says so.

    A topic that was made again begins at 0, however far the one before it had come.
    """
    newest: dict[tuple[str, int], tuple[str, int]] = {}
    for each in manifests:
        if each.range is not None:
            place = (each.range.topic, each.range.partition)
            newest[place] = max(newest.get(place, ("", 0)), (each.written, each.range.end))
    ends: dict[str, dict[str, int]] = {}
    for (topic, partition), (_, end) in newest.items():
        ends.setdefault(topic, {})[str(partition)] = end
    return ends


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
