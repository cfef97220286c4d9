"""What data sets and their folders hold, as the manifests say; no file is opened."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from amml_lake.data_set import Live
from amml_lake.manifest import DataFile


class Sum(NamedTuple):
    """Some files together; `first` and `last` in microseconds since 1970 UTC, None without rows."""

    files: int
    rows: int
    bytes: int
    first: int | None
    last: int | None


def below(files: Iterable[DataFile], folder: str) -> list[DataFile]:
    """Those in a folder, or in one below it.

    >>> [each.path for each in below([DataFile("year=2022/x", 1, 9)], "year=202")]
    []
    """
    start = f"{folder.rstrip('/')}/" if folder else ""
    return [each for each in files if each.path.startswith(start)]


def by_folder(files: Iterable[DataFile]) -> dict[str, Sum]:
    """The sum of each folder, in the order of their names.

    >>> by_folder([DataFile("year=2022/x", 3, 90, 0, 7), DataFile("year=2022/y", 1, 10, 5, 9)])
    {'year=2022': Sum(files=2, rows=4, bytes=100, first=0, last=9)}
    """
    ordered = sorted(files, key=lambda each: each.folder)
    return {name: total(found) for name, found in groupby(ordered, lambda each: each.folder)}


def total(files: Iterable[DataFile]) -> Sum:
    """All of them together."""
    every = list(files)
    return Sum(
        len(every),
        sum(each.rows for each in every),
        sum(each.bytes for each in every),
        min((each.first for each in every if each.first is not None), default=None),
        max((each.last for each in every if each.last is not None), default=None),
    )


def calendar(live: Live) -> tuple[str, str]:
    """What a folder holds and the zone of its calendar, as the newest writer has it."""
    appends = [each for each in live.manifests if each.kind == "append"]
    newest = max(appends, key=lambda each: each.written, default=None)
    return (newest.by, newest.tz) if newest else ("", "UTC")
