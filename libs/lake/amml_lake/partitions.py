"""Which folder a row belongs to: by its time, as a clock on the wall of a zone shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_lake.errors import Unsuitable

By: TypeAlias = Literal["year", "month", "day", "hour"]
Times: TypeAlias = "pa.Array[Any]"
Rows: TypeAlias = NDArray[np.int64]
LEVELS: tuple[By, ...] = get_args(By)
UNKNOWN = "__HIVE_DEFAULT_PARTITION__"  # as Hive calls what has no value
_CELLS = {
    "year": "datetime64[Y]",
    "month": "datetime64[M]",
    "day": "datetime64[D]",
    "hour": "datetime64[h]",
}


@dataclass(frozen=True)
class Partitions:
    """The folders of a data set.

    Parameters:
        by: what one folder holds: a year, month, day or hour.
        tz: the zone whose calendar it is.
    Errors: Unsuitable, another word, or no such zone.

    >>> Partitions("day", "Asia/Seoul").folder(1_650_000_000_000_000)
    'year=2022/month=04/day=15'
    """

    by: By = "day"
    tz: str = "UTC"

    def __post_init__(self) -> None:
        if self.by not in LEVELS:
            raise Unsuitable(f"by={self.by!r}: one of {', '.join(LEVELS)}")
        try:
            ZoneInfo(self.tz)
        except (KeyError, ValueError, OSError) as error:
            raise Unsuitable(f"tz={self.tz!r}: no such time zone") from error

    @property
    def columns(self) -> tuple[str, ...]:
        """What the folders are called, from the outermost on."""
        return LEVELS[: LEVELS.index(self.by) + 1]

    def folder(self, time: int | None) -> str:
        """The folder of one time, in microseconds since 1970 UTC."""
        [(folder, _)] = self.split(pa.array([time], pa.timestamp("us", "UTC")))
        return folder

    def split(self, times: Times) -> Iterator[tuple[str, Rows | None]]:
        """Each folder, with the rows that belong to it in their order; None: all of them.

        `times` are of type timestamp[us, UTC].
        """
        if not len(times):
            return
        valid = np.asarray(times.is_valid())
        cells = self._cells(times.drop_null())
        if valid.all() and cells.min() == cells.max():
            yield self._folder(int(cells[0])), None
            return
        for group in _groups(cells):
            yield self._folder(int(cells[group[0]])), np.flatnonzero(valid)[group]
        if not valid.all():
            yield "/".join(f"{level}={UNKNOWN}" for level in self.columns), np.flatnonzero(~valid)

    def _cells(self, times: Times) -> Rows:
        """Which year, month, day or hour since 1970 each lies in, on the wall."""
        zone: Any = pa.timestamp("us", self.tz)
        local: Any = pc.call_function("local_timestamp", [times.cast(zone)])
        return np.asarray(local).astype(_CELLS[self.by]).astype(np.int64)

    def _folder(self, cell: int) -> str:
        hour = str(np.array(cell).astype(_CELLS[self.by]).astype("datetime64[h]"))
        date, _, clock = hour.rpartition("T")
        values = (*date.rsplit("-", 2), clock)
        return "/".join(f"{n}={v}" for n, v in zip(self.columns, values, strict=False))


def _groups(cells: Rows) -> Iterator[Rows]:
    """The places of equal cells, each group in order."""
    if not len(cells):
        return
    order = np.argsort(cells, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(cells[order])) + 1)
