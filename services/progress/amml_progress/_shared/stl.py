"""Trend and season of whole series by statsmodels' STL."""

import numpy as np
from numpy.typing import NDArray

from amml_runtime.packing import Floats


def rows_in(period: int, times: NDArray[np.int64]) -> int:
    """How many rows a period has, by the median step between times in order; 0 for no steps."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return round(period / float(np.median(steps))) if len(steps) else 0


def parts(values: Floats, period: int) -> tuple[Floats, Floats]:
    """Trend and season of values in order, NaN for none; both NaN for less than two periods.

    Values that are missing are put on the line between their neighbours first.
    """
    from statsmodels.tsa.seasonal import STL

    there = np.flatnonzero(np.isfinite(values))
    if period < 2 or len(values) < 2 * period or not len(there):
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    found = STL(np.interp(np.arange(len(values)), there, values[there]), period=period).fit()
    return np.asarray(found.trend), np.asarray(found.seasonal)
