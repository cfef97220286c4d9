"""`mean_std`: running mean and standard deviation."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared.by_key import grouped
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.running import FRESH, Floats, running
from amml_runtime.batch import Array, Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class MeanStd(AbstractProgress):
    """Tell the mean and standard deviation of all values so far, for each key.

    Parameters:
        of: the columns x.
    Adds: `<of>_mean` and `<of>_std`, float64, one a row, of the values of the row's `_key` up to
        and with this row; std divides by n - 1, so it is null for the first value. Where x is
        null, NaN or infinite both are null, and the value does not count.
    Errors: a column that is missing or holds no numbers.
    Source: Welford (1962), Note on a method for calculating corrected sums of squares.

    >>> run("mean_std", value=[1.0, 2.0, None, 6.0])
    {'value': [1.0, 2.0, None, 6.0], 'value_mean': [1.0, 1.5, None, 3.0],
     'value_std': [None, 0.7071067811865476, None, 2.6457513110645907]}
    """

    state_depends_on = ("of",)
    rtol = 1e-12  # against another order of the same rows, as where flows are joined

    of: Columns = (Column("value"),)

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with mean and standard deviation beside it."""
        check_numbers(batch, self.of)
        places, groups = grouped(batch.keys)
        known = state.numbers(places, np.array([FRESH] * len(self.of)))
        for number, name in enumerate(self.of):
            values = floats(batch.column(name))
            there = np.isfinite(values)
            means, stds, known[:, number] = running(values[there], groups[there], known[:, number])
            batch = batch.with_column(f"{name}_mean", _among(there, means))
            batch = batch.with_column(f"{name}_std", _among(there, stds))
        state.set_numbers(places, known)
        return batch


def _among(there: NDArray[np.bool_], found: Floats) -> Array:
    """The numbers in the rows that have one; null in the others, and for NaN."""
    whole = np.full(len(there), np.nan)
    whole[there] = found
    return from_numpy(whole, np.isnan(whole))
