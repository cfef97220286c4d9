"""`upsample`: rows between rows that are further apart."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_language.tree import Duration
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.held import HELD, hold, let_go
from amml_progress._shared.history import history
from amml_progress._shared.numbers import floats, numeric
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.event_time import from_micros, micros, timed
from amml_runtime.state import State

Whole = NDArray[np.int64]
METHODS = ("previous", "linear")
_MOST = 1000


class _Between(NamedTuple):
    """For each row that comes out: the rows it lies between, and its time after the first.

    A row that came is its own `after`, at `passed` 0 of nothing.
    """

    before: Whole
    after: Whole
    passed: Whole


@dataclass(frozen=True)
class Upsample(AbstractProgress):
    """Put rows between two neighbours of a key, so that there is one at least every so often.

    Parameters:
        every: the time between two rows; counted from each row that came, up to the next.
        method: "linear", numbers on the line between the neighbours, or "previous", as the row
            before; other columns are as in the row before.
        most: between rows so far apart that more would be needed, 1 to 1,000, there are none.
    Adds: `upsampled`, true in the rows that were put in. With "linear", numbers become float64,
        null between where a neighbour has none; columns keep their metadata. A row goes on when
        it comes, the rows before it with it: what follows and goes by event time needs a
        `lateness` of at least the time between rows. A row that is not after its key's last has
        none before it. A row without a time goes to the dead letters, "no time".
    Errors: E214, an `every` that is not above 0, another `method`, or a `most` out of range.
    Source: Press et al. (2007), Numerical recipes, section 3.1.

    >>> found = run("upsample every=20m", _time=["2026-01-01T00:00Z", "2026-01-01T01:00Z"],
    ...     OT=[30.0, 36.0])
    >>> found["OT"], found["upsampled"], [time.minute for time in found["_time"]]
    ([30.0, 32.0, 34.0, 36.0], [False, True, True, False], [0, 20, 40, 0])
    """

    every: Duration
    method: str = "linear"
    most: int = 100

    def __post_init__(self) -> None:
        if self.every.microseconds <= 0:
            raise ValueError("`every` is no time at all")
        if self.method not in METHODS:
            raise ValueError(f'`method` is "{self.method}"; there are {", ".join(METHODS)}')
        if not 1 <= self.most <= _MOST:
            raise ValueError(f"`most` is {self.most}, expected 1 to {_MOST} rows")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows, each after those that were put before it."""
        batch = timed(batch, state)
        keys = grouped(batch.keys)
        known = [at for at, place in enumerate(keys.places) if HELD + place in state]
        earlier = let_go([state[HELD + keys.places[at]] for at in known], state)
        rows = Batch.concat([earlier, batch]) if known else batch
        _remember(batch, keys, state)
        before = _before(keys, np.array(known, np.int64))
        return self._filled(rows, self._between(micros(rows.times), before))

    def _between(self, times: Whole, before: Whole) -> _Between:
        """What comes out, in order; `before` is each new row's neighbour, or itself."""
        new = np.arange(len(times) - len(before), len(times))
        missing = np.maximum(times[new] - times[before] - 1, 0) // self.every.microseconds
        missing[missing > self.most] = 0
        after = np.repeat(new, missing + 1)
        ends = np.cumsum(missing + 1)
        turn = np.arange(len(after)) - np.repeat(ends - missing - 1, missing + 1) + 1
        turn[ends - 1] = 0  # the row itself
        return _Between(
            np.where(turn > 0, np.repeat(before, missing + 1), after),
            after,
            turn * self.every.microseconds,
        )

    def _filled(self, rows: Batch, between: _Between) -> Batch:
        """The rows that come out, with what lies between computed."""
        times = micros(rows.times)
        found = rows.take(from_numpy(between.before))
        found = found.with_times(from_micros(times[between.before] + between.passed))
        if self.method == "linear":
            long = times[between.after] - times[between.before]
            share = between.passed / np.where(long > 0, long, 1)
            for name in numeric(rows):
                values = floats(rows.column(name))
                low, high = values[between.before], values[between.after]
                with np.errstate(all="ignore"):
                    line = np.where(between.passed > 0, low + share * (high - low), low)
                found = found.with_column(name, from_numpy(line, np.isnan(line)), rows.meta(name))
        flags = from_numpy((between.passed > 0).astype(np.int8)).cast(pa.bool_())
        return found.with_column("upsampled", flags)


def _before(keys: Grouped, known: Whole) -> Whole:
    """For each new row the one before it of its key, among those remembered and then the new.

    A key's first row is before itself.
    """
    held = np.full((len(keys.places), 1), np.nan)
    held[known, 0] = np.arange(len(known))
    new = np.arange(len(known), len(known) + len(keys.groups), dtype=np.float64)
    line, at, _ = history(new, keys.groups, held)
    before = line[at - 1]
    return np.where(np.isnan(before), new, before).astype(np.int64)


def _remember(batch: Batch, keys: Grouped, state: State) -> None:
    """Keep the last row of each key."""
    last = np.zeros(len(keys.places), np.int64)
    last[keys.groups] = np.arange(batch.rows)  # the last that is assigned stays
    for place, row in zip(keys.places, hold(batch.take(from_numpy(last)), state), strict=True):
        state[HELD + place] = row
