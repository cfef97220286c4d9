"""`gaps`: rows in the place of those that are missing."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_language.tree import Duration
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import LATE, from_micros, micros, timed
from amml_runtime.state import State

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gaps(AbstractProgress):
    """Put a row in the place of each that is missing between two neighbours of a key.

    Parameters:
        period: the time between rows; unless given, each row's own in the column `period`.
        most: a gap of more rows than this is a pause of the sensor, and is left open.
    Adds: `missing`, true in the rows that are put in: round(d / period) - 1 of them between rows
        d apart, evenly in time, with the key; every other column is null in them. Where the
        period is null nothing is missing. A row that is not newer than its key's last comes too
        late, as its place is taken already: it goes to the dead letters, "late". To have such
        rows put in order before, use `timestamps late="sort"`.
    Errors: E214, a `period` or `most` that is not above 0; no `period` given and no such column.
    Source: Kyung Hee University's slides on gaps in sensor data (divide and round).

    >>> found = run("gaps period=1s", _time=[0, 1000000, 4000000], co2=[400, 410, 440])
    >>> found["co2"], found["missing"], [time.second for time in found["_time"]]
    ([400, 410, None, None, 440], [False, False, True, True, False], [0, 1, 2, 3, 4])
    """

    period: Duration | None = None
    most: int = 1000

    def __post_init__(self) -> None:
        if self.period is not None and self.period.microseconds <= 0:
            raise ValueError("`period` has to be above 0")
        if self.most <= 0:
            raise ValueError(f"`most` is {self.most}, it must be above 0")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows, each after those missing before it."""
        batch = timed(batch, state)
        found = grouped(batch.keys)
        before = _before(micros(batch.times).astype(np.float64), found, state)
        late = micros(batch.times) <= before  # false for NaN: a key's first row
        if late.any():
            state.refuse(batch.filter(pa.array(late)), LATE)
            batch, before = batch.filter(pa.array(~late)), before[~late]
        steps = (micros(batch.times) - before) / self._periods(batch)
        missing = np.where(steps >= 1.5, np.rint(steps) - 1, 0)
        missing = np.where(missing > self.most, 0, missing).astype(np.int64)
        return _filled(batch, before, missing)

    def _periods(self, batch: Batch) -> Floats:
        """Each row's period in microseconds; NaN where it is not known."""
        if self.period is not None:
            return np.full(batch.rows, float(self.period.microseconds))
        if "period" not in batch.names:
            raise WorkflowFault("no column `period`: put `period` before `gaps`, or give `period=`")
        check_columns(batch, ["period"])
        column = batch.column("period")
        if not pa.types.is_duration(column.type):
            raise WorkflowFault(f"column `period` is {column.type}, and a duration is needed")
        lengths = column.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64())
        found = lengths.to_numpy(zero_copy_only=False)
        return np.where(found > 0, found, np.nan)


def _before(times: Floats, found: Grouped, state: State) -> Floats:
    """Of each row the newest time of its key before it; NaN before its first."""
    known = state.numbers(found.places, np.full((1, 1), np.nan))
    newest = known[:, 0, 0].tolist()
    before: list[float] = []
    for group, time in zip(found.groups.tolist(), times.tolist(), strict=True):
        last = newest[group]
        before.append(last)
        if not time <= last:
            newest[group] = time
    state.set_numbers(found.places, np.array(newest).reshape(-1, 1, 1))
    return np.array(before, np.float64)


def _filled(batch: Batch, before: Floats, missing: NDArray[np.int64]) -> Batch:
    """The batch with so many rows put in before each of its own."""
    if not missing.any():
        return batch.with_column("missing", pa.array([False] * batch.rows, pa.bool_()))
    ends = np.cumsum(missing + 1) - 1
    total = int(ends[-1]) + 1
    put = np.ones(total, bool)
    put[ends] = False
    row = np.repeat(np.arange(batch.rows), missing + 1)
    number = np.arange(total) - (ends - missing)[row] + 1  # from 1 on within each gap
    times = micros(batch.times)[row]
    start = np.where(put, before[row], 0).astype(np.int64)
    between = start + np.rint((times - start) / (missing[row] + 1) * number).astype(np.int64)
    filled = batch.take(from_numpy(row, put)).with_keys(batch.keys.take(from_numpy(row)))
    filled = filled.with_times(from_micros(np.where(put, between, times)))
    return filled.with_column("missing", pa.array(put))
