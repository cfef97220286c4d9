"""Trend and season of many keys, learned from row to row: Holt and Winters' additive method.

A key's memory is a row of numbers: the head, then the season at each phase. In the first period, a
phase has the mean of the values of its latest visit instead, NaN where there was none.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amml_runtime.packing import Floats

# In the head: level, slope, when it began, whether its first period is over, how many rows came; in
# the first period also the phase it is at, and how many values it has had there.
_HEAD = 7


class Parts(NamedTuple):
    """What was expected of each row before it came, NaN where that was not known yet."""

    trend: Floats
    seasonal: Floats


@dataclass(frozen=True)
class Seasons:
    """How fast what is learned gives way to what is new, and how long the first period is.

    `length` counts what `moments` are given in: rows, or microseconds.
    """

    phases: int
    length: int
    level: float
    slope: float
    season: float

    def fresh(self) -> Floats:
        """The memory of a key without rows, in the shape `State.numbers` wants."""
        return np.array([[0.0, 0.0, np.nan, 0.0, 0.0, -1.0, 0.0, *[np.nan] * self.phases]])

    def count(self, groups: NDArray[np.int64], known: Floats) -> NDArray[np.int64]:
        """The how-manyth of its key each row is; they are counted on in `known`."""
        sizes = np.bincount(groups, minlength=len(known))
        order = np.argsort(groups, kind="stable")
        before = known[:, 0, 4].astype(np.int64) - (np.cumsum(sizes) - sizes)
        found = np.empty(len(groups), np.int64)
        found[order] = np.arange(len(groups)) + np.repeat(before, sizes)
        known[:, 0, 4] += sizes
        return found

    def learn(
        self, values: Floats, groups: NDArray[np.int64], moments: NDArray[np.int64], known: Floats
    ) -> Parts:
        """Go through the values, NaN for none, each at its moment; `known` changes in place."""
        heads: list[list[float]] = known[:, 0, :_HEAD].tolist()
        cells = known[:, 0, _HEAD:]
        phases: list[int] = (moments % self.length * self.phases // self.length).tolist()
        trend, seasonal = np.full(len(values), np.nan), np.full(len(values), np.nan)
        rows = zip(values.tolist(), groups.tolist(), moments.tolist(), phases, strict=True)
        for row, (value, group, moment, phase) in enumerate(rows):
            head = heads[group]
            if not head[3]:
                self._begin(head, cells[group], moment)
            if head[3]:
                level, season = head[0] + head[1], cells.item(group, phase)
                trend[row], seasonal[row] = level, season
                error = value - level - season if value == value else 0.0
                head[0] = level + self.level * error
                head[1] += self.slope * error
                cells[group, phase] = season + self.season * error
            elif value == value:
                _visit(head, cells[group], phase, value)
        known[:, 0, :_HEAD] = np.array(heads).reshape(-1, _HEAD)
        return Parts(trend, seasonal)

    def _begin(self, head: list[float], cells: Floats, moment: int) -> None:
        """Once the first period is over: the level is its mean, the season what differs from it."""
        if head[2] != head[2]:
            head[2] = moment
        if moment >= head[2] + self.length and not np.isnan(cells).all():
            head[0] = float(np.nanmean(cells))
            cells[:] = np.nan_to_num(cells - head[0], nan=0.0)
            head[3] = 1.0


def _visit(head: list[float], cells: Floats, phase: int, value: float) -> None:
    """Take a value into the mean of its phase; whoever comes back to a phase begins it anew."""
    head[6] = head[6] + 1 if head[5] == phase else 1.0
    head[5] = phase
    before = cells.item(phase) if head[6] > 1 else value
    cells[phase] = before + (value - before) / head[6]
