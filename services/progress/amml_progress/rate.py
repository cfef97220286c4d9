"""`rate`: how fast a value changes."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from amml_language.tree import Duration
from amml_progress._shared.afresh import begin_afresh
from amml_progress._shared.by_key import grouped
from amml_progress._shared.history import Floats, history
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.steps_back import known
from amml_progress._shared.time_back import micros_or_nan
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State

_TIME, _VALUE = 0, 1


@dataclass(frozen=True)
class Rate(AbstractProgress):
    """Tell how much each value has changed a unit of time, since the last of its key.

    Parameters:
        of: the columns x.
        per: the unit of time.
        counter: x only ever grows, and begins at 0 again when a device restarts: after a fall
            all of x counts as the change.
    Adds: `<of>_rate`, float64: (x[t] - x[s]) / (t - s), in units of x per `per`, where s is the
        last row before that has x and a time. Null in the first of these, where x or the time is
        missing, and where the time has not gone on.
    Errors: E214, a `per` that is not above 0; a column that is missing or holds no numbers.
    Source: Prometheus, `rate` and counter resets.

    >>> run("rate of=kwh, per=1h, counter=true",
    ...     _time=["2026-01-01T00:00Z", "2026-01-01T00:30Z", "2026-01-01T02:30Z"],
    ...     kwh=[10.0, 12.0, 1.0])["kwh_rate"]
    [None, 4.0, 0.5]
    """

    of: Columns = (Column("value"),)
    per: Duration = Duration(1_000_000)
    counter: bool = False

    def __post_init__(self) -> None:
        if self.per.microseconds <= 0:
            raise ValueError("`per` is no time at all")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the rates beside it."""
        check_numbers(batch, self.of)
        begin_afresh(batch, state, list(self.of))
        places, groups = grouped(batch.keys)
        held = state.numbers(places, np.full((len(self.of), 2), np.nan))
        times = micros_or_nan(batch.times)
        for number, name in enumerate(self.of):
            values = floats(batch.column(name))
            found = self._rates(times, values, groups, held[:, number])
            batch = batch.with_column(f"{name}_rate", known(found))
        state.set_numbers(places, held)
        return batch

    def _rates(
        self, times: Floats, values: Floats, groups: NDArray[np.int32], held: Floats
    ) -> Floats:
        """The rate at each row; `held`, each key's last time and value, is brought up to date."""
        there = np.isfinite(times) & np.isfinite(values)
        groups, rates = groups[there], np.full(len(values), np.nan)
        before = np.empty((2, len(groups)))
        for part, numbers in ((_TIME, times[there]), (_VALUE, values[there])):
            line, at, kept = history(numbers, groups, held[:, part : part + 1])
            before[part], held[:, part] = line[at - 1], kept[:, 0]
        passed = times[there] - before[_TIME]
        with np.errstate(all="ignore"):  # what overflows is null
            change = values[there] - before[_VALUE]
            if self.counter:
                change = np.where(change < 0, values[there], change)
            rates[there] = change / (passed / self.per.microseconds)
        rates[np.flatnonzero(there)[~(passed > 0)]] = np.nan
        return rates
