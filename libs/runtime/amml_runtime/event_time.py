"""Event time: how far a partition has come, and which rows come too late for it.

A partition's watermark is the largest `_time` so far, less the step's lateness; it moves with every
row, and never waits for another partition. So where the rows are cut into batches leaves no trace.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_runtime.batch import Array, Batch
from amml_runtime.state import State

LATE = "late"
NO_TIME = "no time"
_PLACE = "watermark"
_BEFORE_ALL = np.iinfo(np.int64).min

Times = NDArray[np.int64]


def micros(times: Array) -> Times:
    """Times as microseconds since 1970; there must be no null among them.

    >>> from datetime import UTC, datetime
    >>> micros(pa.array([datetime(1970, 1, 2, tzinfo=UTC)], pa.timestamp("us", "UTC"))).tolist()
    [86400000000]
    """
    return times.view(pa.int64()).to_numpy()


def from_micros(micros: Times, there: "NDArray[np.bool_] | None" = None) -> Array:
    """Microseconds since 1970 as times; null where `there` is false.

    >>> from_micros(np.array([86400000000]))[0].as_py().isoformat()
    '1970-01-02T00:00:00+00:00'
    """
    mask = None if there is None else ~there
    return pa.array(micros, pa.int64(), mask=mask).view(pa.timestamp("us", "UTC"))


def on_time(batch: Batch, state: State) -> tuple[Batch, Times]:
    """The rows that are not late, and the watermark after each of them.

    A row is late if its time lies before the watermark when it comes. Late rows, and rows without a
    time, are refused: they go to the dead letters.

    >>> rows = Batch.from_rows([{"_time": t * 10**6} for t in (5, 9, 7, 12)])
    >>> state = State()
    >>> state.lateness = 1_000_000
    >>> kept, marks = on_time(rows, state)
    >>> [t.second for t in kept.times.to_pylist()], (marks // 10**6).tolist()
    ([5, 9, 12], [4, 8, 11])
    >>> [(each.reason, each.rows.rows) for each in state.take_refused()]
    [('late', 1)]
    """
    batch = timed(batch, state)
    times = micros(batch.times)
    before = watermark(state)
    marks = np.maximum.accumulate(np.concatenate([[before], times - state.lateness]))
    late = times < marks[:-1]
    if batch.rows:
        state[_PLACE] = int(marks[-1])
    if late.any():
        state.refuse(batch.filter(pa.array(late)), LATE)
        batch = batch.filter(pa.array(~late))
    return batch, marks[1:][~late]


def timed(batch: Batch, state: State) -> Batch:
    """The rows that have a time; the others are refused."""
    if batch.times.null_count:
        state.refuse(batch.filter(pc.is_null(batch.times)), NO_TIME)
        batch = batch.filter(pc.is_valid(batch.times))
    return batch


def span(batch: Batch) -> tuple[int, int] | None:
    """The first and the last time in a batch, in microseconds; None where there is none."""
    found: dict[str, Any] = pc.min_max(batch.times.view(pa.int64())).as_py()  # pyright: ignore[reportAssignmentType] (of a struct)
    return None if found["min"] is None else (found["min"], found["max"])


def reached(state: State, newest: int) -> int:
    """How far all writers of an aligned step's rows have come; the newest row, if nobody knows.

    >>> state = State()
    >>> state.reached = 40
    >>> reached(State(), 50), reached(state, 50)
    (50, 40)
    """
    return newest if state.reached is None else min(newest, state.reached)


def watermark(state: State) -> int:
    """How far the partition has come, in microseconds; before its first row the least there is."""
    return int(state.get(_PLACE, _BEFORE_ALL))
