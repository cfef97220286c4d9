"""What the folders of a data set hold, in a summary that stays small however many there are."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from amml_lake.manifest import DataFile

MOST = 1000  # folders; of more, those above them are told
# Files, rows, bytes, least and greatest time in microseconds, of which there may be none.
Sums: TypeAlias = list[int | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Folders:
    """Sums over the files of each folder, or of each folder above where there are too many.

    Parameters:
        known: what `kept` gave.
    """

    def __init__(self, known: Mapping[str, Sums]) -> None:
        self._sums = {folder: list(sums) for folder, sums in known.items()}

    def add(self, files: Iterable[DataFile]) -> None:
        """Take further files."""
        for each in files:
            _count(self._sums, each.folder, [1, each.rows, each.bytes, each.first, each.last])

    def kept(self) -> dict[str, Sums]:
        """The sums of each folder by name, of one level: the deepest with few enough folders."""
        level = min(map(_level, self._sums), default=0)
        found = _above(self._sums, level)
        while len(found) > MOST and level:
            level -= 1
            found = _above(found, level)
        return dict(sorted(found.items()))


def totals(folders: Mapping[str, Sums]) -> dict[str, Any]:
    """The sums over all folders, with times as text."""
    every: dict[str, Sums] = {}
    for sums in folders.values():
        _count(every, "", sums)
    files, rows, size, first, last = every.get("", [0, 0, 0, None, None])
    span = {"first": as_time(first), "last": as_time(last)}
    return {"files": files, "rows": rows, "bytes": size, **span}


def without(gone: Collection[str], files: Iterable[DataFile]) -> Iterable[DataFile]:
    """The files that were not taken away."""
    return (each for each in files if each.path not in gone)


def as_time(microseconds: int | None) -> str | None:
    """A time as text, in UTC; one beyond the calendar is the last that there is, or the first.

    >>> as_time(1_650_000_000_000_000), as_time(1 << 62)
    ('2022-04-15T05:20:00+00:00', '9999-12-31T23:59:59.999999+00:00')
    """
    if microseconds is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()
    except OverflowError:
        edge = datetime.max if microseconds > 0 else datetime.min
        return edge.replace(tzinfo=UTC).isoformat()


def _count(found: dict[str, Sums], folder: str, more: Sums) -> None:
    before = found.get(folder)
    if before is None:
        found[folder] = list(more)
        return
    added = [(a or 0) + (b or 0) for a, b in zip(before[:3], more[:3], strict=True)]
    first = min((t for t in (before[3], more[3]) if t is not None), default=None)
    last = max((t for t in (before[4], more[4]) if t is not None), default=None)
    found[folder] = [*added, first, last]


def _level(folder: str) -> int:
    """How deep it lies: `year=2022/month=04` is 2."""
    return folder.count("/") + 1 if folder else 0


def _above(sums: Mapping[str, Sums], level: int) -> dict[str, Sums]:
    """The same, for the folders at a level."""
    found: dict[str, Sums] = {}
    for folder, each in sums.items():
        _count(found, "/".join(folder.split("/")[:level]), each)
    return found
