"""Which files are put together: small ones, of folders whose time has passed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from amml_lake.compaction.wish import Wish
from amml_lake.data_set import Live
from amml_lake.listing import calendar
from amml_lake.manifest import DataFile
from amml_lake.partitions import LEVELS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (1970, 1, 1, 0)  # of year, month, day and hour


class Work(NamedTuple):
    """The small files of one folder, in the order in which their rows came."""

    folder: str
    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """How many rows they have."""
        return sum(each.rows for each in self.files)

    @property
    def bytes(self) -> int:
        """How long they are together."""
        return sum(each.bytes for each in self.files)


def work(live: Live, wish: Wish) -> Iterator[Work]:
    """The folders in which there is something to put together, the oldest first."""
    tz = calendar(live)[1]
    small: dict[str, list[DataFile]] = {}
    for file in in_order(live):
        if 2 * file.bytes < wish.target:
            small.setdefault(file.folder, []).append(file)
    for folder, files in sorted(small.items()):
        end = end_of(folder, tz)
        if len(files) > 1 and end is not None and _is_closed(end, wish):
            yield Work(folder, tuple(files))


def in_order(live: Live) -> Iterator[DataFile]:
    """The files that count as their rows came: by writer, and of each the older first."""
    counting = set(live.files)
    for manifest in live.manifests:
        yield from (each for each in manifest.adds if each in counting)


def end_of(folder: str, tz: str) -> int | None:
    """When a folder's time has passed, in microseconds since 1970; None: it has none.

    >>> end_of("year=2022/month=12", "UTC") == end_of("year=2022", "UTC")
    True
    >>> end_of("year=2022/month=04/day=15/hour=23", "Asia/Seoul")
    1650034800000000
    >>> end_of("year=__HIVE_DEFAULT_PARTITION__", "UTC")
    """
    texts = [part.partition("=")[2] for part in folder.split("/")]
    if not all(text.isdecimal() for text in texts):
        return None
    values = [int(text) for text in texts]
    year, month, day, hour = (*values, *_FIRST[len(values) :])
    try:
        begin = datetime(year, month, day, hour)
        passed = _next(begin, LEVELS[len(values) - 1])
        # where the clock is put back, an hour comes twice: the second time counts
        local = passed.replace(tzinfo=ZoneInfo(tz), fold=1)
        return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):  # Python's calendar ends with the year 9999
        return None


def _next(begin: datetime, level: str) -> datetime:
    if level == "year":
        return begin.replace(year=begin.year + 1)
    if level == "month":
        return (begin + timedelta(days=31)).replace(day=1)
    return begin + timedelta(**{f"{level}s": 1})


def _is_closed(end: int, wish: Wish) -> bool:
    return end + wish.grace <= wish.now and (wish.before is None or end <= wish.before)
