"""Between which values the next one of a key is to be expected, by the last ones it had.

Each way takes windows: a row of values for each one judged, NaN before the first. The last is the
judged one, the others came before it; `residual` judges the last but one.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.lately import quantiles

Floats: TypeAlias = NDArray[np.float64]

_MAD = 1.4826  # times the median absolute deviation: the standard deviation of what is normal
_IDR = 2.563  # how wide the middle 80 % of a standard normal distribution are
_Q75 = 1.15  # and the 75 % quantile of the sizes of what lies around 0: a spike makes two steps
_LEAST = 8  # with fewer values before it nothing is judged


class Bounds(NamedTuple):
    """The smallest and the largest value that is to be expected."""

    low: Floats
    high: Floats


def _zscore(windows: Floats, limit: float) -> Bounds:
    """Standard deviations around the mean."""
    before = windows[:, :-1]
    mean, away = np.nanmean(before, axis=1), limit * np.nanstd(before, axis=1)
    return Bounds(mean - away, mean + away)


def _iqr(windows: Floats, limit: float) -> Bounds:
    """Interquartile ranges around the quartiles."""
    low, high = quantiles(windows[:, :-1], 0.25, 0.75)
    away = limit * (high - low)
    return Bounds(low - away, high + away)


def _hampel(windows: Floats, limit: float) -> Bounds:
    """Median absolute deviations, as standard deviations, around the median."""
    before = windows[:, :-1]
    (median,) = quantiles(before, 0.5)
    (mad,) = quantiles(np.abs(before - median[:, None]), 0.5)
    away = limit * _MAD * mad
    return Bounds(median - away, median + away)


def _residual(windows: Floats, limit: float) -> Bounds:
    """The spread of the values before and that of their steps, around the two neighbours.

    A spike leaves both of its neighbours to the same side, whatever the level does.
    """
    before, after = windows[:, :-2], windows[:, -1]
    low, high = quantiles(before, 0.1, 0.9)
    (steps,) = quantiles(np.abs(np.diff(before, axis=1)), 0.75)
    away = limit * ((high - low) / _IDR + steps / _Q75)
    last = before[:, -1]
    return Bounds(np.minimum(last, after) - away, np.maximum(last, after) + away)


_WAYS: dict[str, Callable[[Floats, float], Bounds]] = {
    "residual": _residual,
    "zscore": _zscore,
    "iqr": _iqr,
    "hampel": _hampel,
}
# Of 10,000 normal values 1 is beyond, roughly; that of "residual" fits what sensors measure.
LIMITS = {"residual": 1.55, "zscore": 4.0, "iqr": 2.5, "hampel": 4.5}


def bounds(windows: Floats, method: str, limit: float) -> Bounds:
    """The bounds of each row; infinite where there are too few values to judge by."""
    found = Bounds(np.full(len(windows), -np.inf), np.full(len(windows), np.inf))
    judged = (~np.isnan(windows)).sum(axis=1) > _LEAST + (method == "residual")
    if judged.any():
        found.low[judged], found.high[judged] = _WAYS[method](windows[judged], limit)
    return found
