"""`downsample`: one row where there were many."""

from dataclasses import dataclass
from datetime import datetime

from amml_language.tree import Duration
from amml_progress._shared import time_windows
from amml_progress._shared.grid import Grid
from amml_progress._shared.summaries import check_aggregates
from amml_progress._shared.time_windows import Closed, TimeWindows
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Downsample(AbstractProgress):
    """Make one row of all rows of an hour, for each key; columns keep their names.

    Parameters:
        every: the time between two rows; the first is at a whole one since 1970.
        of: the columns x; all of numbers unless given.
        agg: what becomes of them: mean, sum, min, max, std, count (of values that are there),
            first or last (as they came).
        tz: the zone whose calendar it is, for whole days: "Asia/Seoul".
    Adds: nothing; x becomes float64 (a count int64), at the time where its hour begins. An hour
        without rows of a key has none. Other columns are gone. Null, NaN and infinity do not
        count. A mean, min, max, first or last is on the scale of x, and carries its metadata.
    Errors: E214, an `agg` or `tz` that there is not; a column that is missing or holds no
        numbers. A row behind the watermark is late, and goes to the dead letters, as one without
        a time does: see `--set downsample.lateness=5m`.
    Source: Akidau et al. (2015), The dataflow model.

    >>> found = run("downsample every=1h",
    ...     _time=["2026-01-01T00:10Z", "2026-01-01T00:50Z", "2026-01-01T01:10Z"],
    ...     OT=[20.0, 23.0, 19.0])
    >>> found["OT"]
    [21.5, 19.0]
    """

    every: Duration
    of: Columns = ()
    agg: str = "mean"
    tz: str = "UTC"

    def __post_init__(self) -> None:
        check_aggregates((self.agg,))
        self._windows()

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """A row for each time that has passed."""
        return self._told(self._windows().through(batch, state))

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The rows that were still to come."""
        rest = self._windows().rest(state)
        return rest and self._told(rest)

    def _told(self, closed: Closed) -> Batch:
        batch = time_windows.table(closed, self._windows().grid.begins(closed.numbers))
        for of in closed.columns:
            batch = time_windows.with_aggregate(batch, of, closed, of, self.agg)
        return batch

    def _windows(self) -> TimeWindows:
        every = self.every.microseconds
        return TimeWindows(Grid(every, every, self.tz), self.of)
