"""Where windows of event time begin and end: at whole steps since 1970, in a zone's calendar."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy

Whole: TypeAlias = NDArray[np.int64]

DAY = 86_400_000_000  # microseconds
_MONDAY = 4 * DAY  # 1970 began on a Thursday
_MOST = 1000


@dataclass(frozen=True)
class Grid:
    """Windows of `size` microseconds, a new one every `step`.

    They are made of *panes*, the longest pieces that no window's border cuts; window k has the
    `width` panes from k * `apart` on. Windows of whole weeks begin on a Monday.

    >>> Grid(3_600_000_000, 1_200_000_000).panes(np.array([3_599_999_999, 3_600_000_000])).tolist()
    [2, 3]
    """

    size: int
    step: int
    tz: str = "UTC"

    def __post_init__(self) -> None:
        if self.size <= 0 or self.step <= 0:
            raise ValueError("a window and its step are longer than nothing")
        if self.size < self.step:
            raise ValueError("`step` is longer than the window: rows between windows would be lost")
        if self.width > _MOST * self.apart:
            raise ValueError(f"a row would be in more than {_MOST} windows: make `step` longer")
        if self.tz != "UTC" and self.pane % DAY:
            raise ValueError("`tz` is for windows and steps of whole days")
        try:
            ZoneInfo(self.tz)
        except (LookupError, ValueError, OSError):
            raise ValueError(f'there is no zone `tz="{self.tz}"`') from None

    @property
    def pane(self) -> int:
        """Microseconds of a pane."""
        return math.gcd(self.size, self.step)

    @property
    def width(self) -> int:
        """How many panes a window has."""
        return self.size // self.pane

    @property
    def apart(self) -> int:
        """How many panes lie between the beginnings of two windows."""
        return self.step // self.pane

    def panes(self, times: Whole) -> Whole:
        """The pane that each time lies in."""
        if self.tz == "UTC":
            return (times - self._origin) // self.pane
        found = (_local(times, self.tz) - self._origin) // self.pane
        return found + (self.begins(found + 1) <= times)  # where clocks go back over midnight

    def begins(self, panes: Whole) -> Whole:
        """When each pane begins."""
        local = panes * self.pane + self._origin
        return local if self.tz == "UTC" else _universal(local, self.tz)

    @property
    def _origin(self) -> int:
        return 0 if self.pane % (7 * DAY) else _MONDAY


def _local(times: Whole, tz: str) -> Whole:
    zoned: Any = from_numpy(times).view(pa.timestamp("us", tz))
    return pc.local_timestamp(zoned).view(pa.int64()).to_numpy()


def _universal(local: Whole, tz: str) -> Whole:
    """A midnight that clocks skip is when they go on; of two, the first."""
    plain: Any = from_numpy(local).view(pa.timestamp("us"))
    moments = pc.assume_timezone(plain, tz, ambiguous="earliest", nonexistent="latest")
    return moments.view(pa.int64()).to_numpy()
