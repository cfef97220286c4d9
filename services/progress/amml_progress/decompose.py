"""`decompose`: a column as trend, season and what is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_language.tree import Duration
from amml_progress._shared.by_key import grouped
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.room import check_room
from amml_progress._shared.seasons import Parts, Seasons
from amml_progress._shared.whole import hold_all, let_all_go
from amml_progress._shared.windows import by_key
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column
from amml_runtime.event_time import micros
from amml_runtime.packing import Floats
from amml_runtime.state import State

_UNKNOWN = np.iinfo(np.int64).min  # in the place of a time


@dataclass(frozen=True)
class Decompose(AbstractProgress):
    """Take a column apart into trend, season and what is left, for each key.

    Parameters:
        of: the column x.
        period: how long a season is in event time: "24h".
        rows: how long it is in rows; one of the two is given.
        method: "online" tells row by row what the rows before let expect; "stl" knows all rows of a
            key, and tells at their end.
        phases: online, with `period`: how many parts of a period have a season of their own.
        alpha: online: how fast the trend follows x; 1 forgets all before.
        beta: online: how fast the slope of the trend follows.
        gamma: online: how fast the season follows, from period to period.
        most: stl: how many rows of a key are held in memory at the most.
    Adds: `<of>_trend`, `<of>_seasonal` and `<of>_residual`, float64, which together are x. Online
        they are null in the first period, which is learned from, and for a row without a time if
        the period has one. With stl they are null for a key with less than two periods; rows
        leave in the order they came in, and steps between times are taken to be all alike.
        Where x is null or not finite, so is the residual alone.
    Errors: E214, not one of `period` and `rows`, or a weight outside [0, 1]; a column that is
        missing or holds no numbers; with stl more than `most` rows of a key.
    Source: Winters (1960), Forecasting sales by exponentially weighted moving averages; Cleveland
        et al. (1990), STL; Hyndman and Athanasopoulos (2021), sections 3.6 and 8.3.

    >>> run("decompose of=x, rows=2", x=[1.0, 3.0, 1.0, 4.0])
    {'x': [1.0, 3.0, 1.0, 4.0], 'x_trend': [None, None, 2.0, 2.0],
     'x_seasonal': [None, None, -1.0, 1.0], 'x_residual': [None, None, 0.0, 1.0]}
    """

    of: Column
    period: Duration | None = None
    rows: int | None = None
    method: str = "online"
    phases: int = 24
    alpha: float = 0.05
    beta: float = 0.001
    gamma: float = 0.1
    most: int = 100_000

    def __post_init__(self) -> None:
        if self.method not in ("online", "stl"):
            raise ValueError(f'`method` is "{self.method}", expected "online" or "stl"')
        if (self.period is None) == (self.rows is None):
            raise ValueError("give one of `period` and `rows`")
        if self._length < 2:
            raise ValueError("the season is shorter than two rows")
        if self.phases < 2 or self.most < 1:
            raise ValueError("`phases` has to be 2 or more, `most` 1 or more")
        if self.method == "online":
            check_room("phases" if self.rows is None else "rows", 7 + (self.rows or self.phases))
        for name in ("alpha", "beta", "gamma"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"`{name}` is {getattr(self, name)}, it must lie in [0, 1]")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows with their parts; with stl none yet."""
        check_numbers(batch, [self.of])
        if self.method == "online":
            return self._told(batch, self._learned(batch, state))
        hold_all(batch, state, self.most)
        none = np.empty(0)
        return self._told(batch.slice(0, 0), Parts(none, none))

    def finish(self, state: State, now: datetime) -> Batch | None:
        """With stl all rows."""
        batch = let_all_go(state)
        return batch and self._told(batch, self._smoothed(batch))

    @property
    def _length(self) -> int:
        return self.rows or 0 if self.period is None else self.period.microseconds

    def _learned(self, batch: Batch, state: State) -> Parts:
        phases = self.phases if self.rows is None else self.rows
        seasons = Seasons(phases, self._length, self.alpha, self.beta, self.gamma)
        places, groups = grouped(batch.keys)
        known = state.numbers(places, seasons.fresh())
        values, moments = _finite(batch, self.of), _times(batch)
        if self.period is None:
            moments = seasons.count(groups, known)
        usable = np.flatnonzero(moments != _UNKNOWN)
        found = seasons.learn(values[usable], groups[usable], moments[usable], known)
        state.set_numbers(places, known)
        return Parts(*(_at(usable, each, batch.rows) for each in found))

    def _smoothed(self, batch: Batch) -> Parts:
        from amml_progress._shared import stl

        values, times = _finite(batch, self.of), _times(batch)
        trend, seasonal = np.full(batch.rows, np.nan), np.full(batch.rows, np.nan)
        for _, own in by_key(batch.keys):
            rows, period = own, self.rows
            if period is None:
                rows = own[times[own] != _UNKNOWN]
                rows = rows[np.argsort(times[rows], kind="stable")]
                period = stl.rows_in(self._length, times[rows])
            trend[rows], seasonal[rows] = stl.parts(values[rows], period)
        return Parts(trend, seasonal)

    def _told(self, batch: Batch, parts: Parts) -> Batch:
        residual = _finite(batch, self.of) - parts.trend - parts.seasonal
        for name, values in (*parts._asdict().items(), ("residual", residual)):
            batch = batch.with_column(f"{self.of}_{name}", from_numpy(values, np.isnan(values)))
        return batch


def _finite(batch: Batch, name: str) -> Floats:
    values = floats(batch.column(name))
    return np.where(np.isfinite(values), values, np.nan)


def _times(batch: Batch) -> NDArray[np.int64]:
    times = np.full(batch.rows, _UNKNOWN)
    timed = batch.times.is_valid().to_numpy(zero_copy_only=False)
    times[timed] = micros(batch.times.drop_null())
    return times


def _at(rows: NDArray[Any], values: Floats, count: int) -> Floats:
    whole = np.full(count, np.nan)
    whole[rows] = values
    return whole
