"""How unusual a value is among those before it: a score, and what to remember, for many keys.

Each takes finite values in order with the number of each one's group, and `held`, what is
remembered of the groups, a row each; each gives the scores, NaN where there is none yet, and what
is remembered from then on. A score is made from the values before the one it is of.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.by_key import rounds
from amml_progress._shared.history import Floats, history

Groups: TypeAlias = NDArray[Any]
Advance: TypeAlias = Callable[[Floats, Floats], tuple[Floats, Floats]]

WARM = 10  # values of a key before the first that is scored
LEVEL, TREND = 0.3, 0.1  # how fast Holt's forecast follows
_NORMAL = 0.6745  # the MAD of normal values is so much of their standard deviation
_LEAST = 1e-9  # of a value: deviations below are no more than rounding


def by_deviation(
    values: Floats, groups: Groups, held: Floats, window: int, threshold: float
) -> tuple[Floats, Floats]:
    """Deviations from an exponentially weighted mean, in weighted standard deviations.

    `held` is number, mean and variance. What lies beyond the threshold counts as the threshold:
    one spike does not hide the next, and a new level is one after a while.
    """

    def advance(held: Floats, values: Floats) -> tuple[Floats, Floats]:
        number, mean, variance = held
        off = values - mean
        scores, taken = _judged(number, off, variance, values, threshold)
        weight = np.maximum(1 / (number + 1), 2 / (window + 1))
        spread = (1 - weight) * (variance + weight * taken * taken)
        return scores, np.array([number + 1, mean + weight * taken, spread])

    return _in_rounds(values, groups, held, advance)


def by_forecast(
    values: Floats, groups: Groups, held: Floats, window: int, threshold: float
) -> tuple[Floats, Floats]:
    """Errors of Holt's forecast from level and trend, in their standard deviations.

    `held` is number, level, trend and the errors' variance.
    """

    def advance(held: Floats, values: Floats) -> tuple[Floats, Floats]:
        number, level, trend, variance = held
        forecast = np.where(number > 0, level + trend, values)
        error = values - forecast
        scores, taken = _judged(number, error, variance, values, threshold)
        weight = np.maximum(1 / (number + 1), 2 / (window + 1))
        spread = (1 - weight) * (variance + weight * taken * taken)
        trend = trend + LEVEL * TREND * taken
        return scores, np.array([number + 1, forecast + LEVEL * taken, trend, spread])

    return _in_rounds(values, groups, held, advance)


def by_median(
    values: Floats, groups: Groups, held: Floats, window: int, threshold: float
) -> tuple[Floats, Floats]:
    """Deviations from the median of the last values, in medians of their own deviations."""
    ordered, counts, kept = _lately(values, groups, held)
    median = _quantile(ordered, counts, 0.5)
    deviations = np.sort(np.abs(ordered - median[:, None]), axis=1)
    unit = _at_least(_quantile(deviations, counts, 0.5), values)
    with np.errstate(all="ignore"):
        scores = _NORMAL * _divided(np.abs(values - median), unit)
    return np.where(counts < WARM, np.nan, scores), kept


def by_quartiles(
    values: Floats, groups: Groups, held: Floats, window: int, threshold: float
) -> tuple[Floats, Floats]:
    """How far outside the quartiles of the last values, in distances between these."""
    ordered, counts, kept = _lately(values, groups, held)
    low, high = _quantile(ordered, counts, 0.25), _quantile(ordered, counts, 0.75)
    outside = np.maximum(np.maximum(low - values, values - high), 0)
    with np.errstate(all="ignore"):
        scores = _divided(outside, _at_least(high - low, values))
    return np.where(counts < WARM, np.nan, scores), kept


def _in_rounds(
    values: Floats, groups: Groups, held: Floats, advance: Advance
) -> tuple[Floats, Floats]:
    scores, held = np.empty(len(values)), held.T.copy()
    with np.errstate(all="ignore"):
        for rows in rounds(groups):
            members = groups[rows]
            scores[rows], held[:, members] = advance(held[:, members], values[rows])
    return scores, held.T


def _judged(
    number: Floats, off: Floats, variance: Floats, values: Floats, threshold: float
) -> tuple[Floats, Floats]:
    """Scores of deviations, and the deviations no larger than the threshold allows."""
    unit = _at_least(np.sqrt(variance), values)
    warm = number >= WARM
    scores = np.where(warm, _divided(np.abs(off), unit), np.nan)
    limit = threshold * unit
    return scores, np.where(warm, np.minimum(np.maximum(off, -limit), limit), off)


def _at_least(unit: Floats, values: Floats) -> Floats:
    """A unit of deviation that rounding alone cannot exceed, where all values were the same."""
    return np.maximum(unit, _LEAST * np.abs(values))


def _divided(deviation: Floats, unit: Floats) -> Floats:
    """In units; nothing is nothing, in whatever units."""
    return np.where(deviation == 0, 0.0, np.minimum(deviation / unit, 1 / _LEAST))


def _lately(
    values: Floats, groups: Groups, held: Floats
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """The last values before each, from small to large with NaN behind; how many; what is kept."""
    window = held.shape[1]
    if not len(values):
        return np.empty((0, window)), np.empty(0, np.int64), held
    line, at, kept = history(values, groups, held)
    before = np.lib.stride_tricks.sliding_window_view(line, window)[at - window]
    ordered = np.sort(before, axis=1)
    return ordered, window - np.isnan(ordered).sum(axis=1), kept


def _quantile(ordered: Floats, counts: NDArray[np.int64], share: float) -> Floats:
    """Of so many of each row's numbers, as NumPy interpolates."""
    place = share * np.maximum(counts - 1, 0)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, above]
    return low + (place - below) * (high - low)
