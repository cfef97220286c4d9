"""`window`: what happened in each hour, minute or day."""

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
class Window(AbstractProgress):
    """Sum up columns over windows of event time, for each key.

    Parameters:
        size: how long a window is; they begin at whole sizes since 1970, whole weeks on Monday.
        of: the columns x; all of numbers unless given.
        agg: what to tell of them, separated by commas: mean, sum, min, max, std, count (of
            values that are there), first and last (as they came).
        step: how far a window begins after the one before it; `size` unless given. A shorter one
            makes windows that overlap.
        at: "start" gives a window's row the time of its start, "end" that of its end, when it
            was known: take that before a join, lest a row is joined with its own future.
        tz: the zone whose calendar it is, for sizes of whole days: "Asia/Seoul".
    Adds: `<of>_<agg>`, float64, and `count`, how many rows, int64; a row for each key and
        window that has rows, when the partition's watermark has passed its end. Other columns
        are gone. Null, NaN and infinity do not count; std divides by n - 1. What is still on the
        scale of x carries its metadata.
    Errors: E214, a `step` longer than `size`, or an `agg`, `at` or `tz` that there is not; a
        column that is missing or holds no numbers. A row behind the watermark is late, and goes
        to the dead letters, as one without a time does: see `--set window.lateness=5m`.
    Source: Akidau et al. (2015), The dataflow model.

    >>> found = run('window 1h, of=OT, agg="mean,max"',
    ...     _time=["2026-01-01T00:10Z", "2026-01-01T00:50Z", "2026-01-01T01:10Z"],
    ...     OT=[20.0, 23.0, 19.0])
    >>> found["OT_mean"], found["OT_max"], found["count"]
    ([21.5, 19.0], [23.0, 19.0], [2, 1])
    """

    size: Duration
    of: Columns = ()
    agg: str = "mean"
    step: Duration | None = None
    at: str = "start"
    tz: str = "UTC"

    def __post_init__(self) -> None:
        check_aggregates(self._aggregates)
        if self.at not in ("start", "end"):
            raise ValueError(f'`at` is "{self.at}", expected "start" or "end"')
        self._windows()

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """A row for each window that has ended."""
        return self._told(self._windows().through(batch, state))

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The windows that are still open."""
        rest = self._windows().rest(state)
        return rest and self._told(rest)

    def _told(self, closed: Closed) -> Batch:
        grid = self._windows().grid
        panes = closed.numbers * grid.apart + (grid.width if self.at == "end" else 0)
        batch = time_windows.table(closed, grid.begins(panes))
        for of in closed.columns:
            for agg in self._aggregates:
                batch = time_windows.with_aggregate(batch, f"{of}_{agg}", closed, of, agg)
        return time_windows.with_rows(batch, "count", closed)

    def _windows(self) -> TimeWindows:
        step = self.step or self.size
        return TimeWindows(Grid(self.size.microseconds, step.microseconds, self.tz), self.of)

    @property
    def _aggregates(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.agg.split(","))
