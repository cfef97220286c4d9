"""A t-digest: the distribution of any number of values in a fixed number of means and weights.

Values are sorted into cells that are narrow near the smallest and the largest value and wide around
the median; a cell knows how many values it holds and their mean. Two digests side by side,
sorted into cells again, are the digest of both. Many digests are worked on at once: an array
has a row for each. Dunning and Ertl (2019), Computing extremely accurate quantiles using t-digests.
"""

import numpy as np
from numpy.typing import NDArray

from amml_runtime.packing import Floats

CELLS = 100  # a cell holds at most about pi / 2 / CELLS of all values
FRESH = [0.0] * 2 * CELLS


def added(digests: Floats, values: Floats) -> Floats:
    """The digests with a row of values for each; NaN is no value."""
    there = ~np.isnan(values)
    means = np.concatenate([digests[:, :CELLS], np.where(there, values, 0.0)], axis=1)
    weights = np.concatenate([digests[:, CELLS:], there], axis=1)
    return _sorted_in(means, weights)


def merged(one: Floats, other: Floats) -> Floats:
    """The digests of the values of both."""
    means = np.concatenate([one[:, :CELLS], other[:, :CELLS]], axis=1)
    weights = np.concatenate([one[:, CELLS:], other[:, CELLS:]], axis=1)
    return _sorted_in(means, weights)


def quantiles(digest: Floats, shares: Floats, least: float, most: float) -> Floats:
    """The values below which those shares of one digest's values lie; NaN for no values.

    Up to about sixty values this is the linear rule of `numpy.quantile`, exactly.

    Parameters:
        least, most: the smallest and the largest of the values.

    >>> digest = added(np.array([FRESH]), np.array([[4.0, 1.0, 2.0, np.nan]]))
    >>> quantiles(digest[0], np.array([0.25, 0.5]), 1.0, 4.0).tolist()
    [1.5, 2.0]
    """
    held = digest[CELLS:] > 0
    means, weights = digest[:CELLS][held], digest[CELLS:][held]
    ends = np.cumsum(weights)
    if not len(ends):
        return np.full(len(shares), np.nan)
    middles = np.concatenate([[0.5], ends - weights / 2, [ends[-1] - 0.5]])
    values = np.concatenate([[least], means, [most]])
    return np.interp(shares * (ends[-1] - 1) + 0.5, middles, values)


def _sorted_in(means: Floats, weights: Floats) -> Floats:
    """Means with their weights, each in the cell where the middle of its weight lies."""
    order = np.argsort(np.where(weights > 0, means, np.inf), axis=1, kind="stable")
    means, weights = (np.take_along_axis(each, order, axis=1) for each in (means, weights))
    ends = np.cumsum(weights, axis=1)
    middles = (ends - weights / 2) / np.maximum(ends[:, -1:], 1)
    angles = np.arcsin(np.clip(2 * middles - 1, -1, 1)) / np.pi + 0.5
    cells = np.minimum((CELLS * angles).astype(np.int64), CELLS - 1)
    at = cells + CELLS * np.arange(len(cells))[:, None]
    total = _by_cell(at, weights)
    return np.concatenate([_by_cell(at, weights * means) / np.maximum(total, 1), total], axis=1)


def _by_cell(at: NDArray[np.int64], values: Floats) -> Floats:
    """The sums of the values in each cell, from the smallest on."""
    sums = np.bincount(at.ravel(), values.ravel(), CELLS * len(at))
    return sums.astype(np.float64, copy=False).reshape(len(at), CELLS)
