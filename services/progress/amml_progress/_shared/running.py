"""Running moments of many groups at once, the same to the last bit however rows are cut.

A group's moments are four numbers: how many values, the first of them, the sum of the differences
from it, and the sum of the squared differences from the mean (Welford's). Sums run strictly
from value to value, so a batch's border leaves no trace.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

FRESH = [0.0, 0.0, 0.0, 0.0]
_MANY = 64  # so many groups are worth one pass for their next value alone


def running(values: Floats, groups: NDArray[Any], moments: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and sample standard deviation after each value, and the groups' new moments.

    Parameters:
        values: finite numbers, in order.
        groups: the number of each value's group, the row of `moments` that is its.
    The standard deviation after a group's first value is NaN.
    """
    order = np.argsort(groups, kind="stable")
    ordered, sizes = values[order], np.bincount(groups, minlength=len(moments))
    starts = np.cumsum(sizes) - sizes
    means, stds = np.empty(len(values)), np.empty(len(values))
    moments = _begun(moments, ordered, starts, sizes)
    for members, places in _passes(starts, sizes):
        moments[members], means[order[places]], stds[order[places]] = _advance(
            moments[members], ordered[places]
        )
    return means, stds, moments


def _begun(moments: Floats, ordered: Floats, starts: NDArray[Any], sizes: NDArray[Any]) -> Floats:
    """A copy in which groups without a value so far know their first."""
    moments = moments.copy()
    fresh = np.flatnonzero((moments[:, 0] == 0) & (sizes > 0))
    moments[fresh, 1] = ordered[starts[fresh]]
    return moments


def _passes(starts: NDArray[Any], sizes: NDArray[Any]) -> "list[tuple[Any, Any]]":
    """Groups and the places of their values: many groups one value each, the last whole."""
    passes: list[tuple[Any, Any]] = []
    done = 0
    while (members := np.flatnonzero(sizes > done)).size > _MANY:
        passes.append((members, (starts[members] + done)[:, None]))
        done += 1
    for member in members:
        places = np.arange(starts[member] + done, starts[member] + sizes[member])
        passes.append((members[members == member], places[None, :]))
    return passes


def _advance(moments: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Take in `values`, a row of them for each group."""
    count, first, total, squares = moments.T[:, :, None]
    counts = count + np.arange(1, values.shape[1] + 1)
    differences = values - first
    totals = np.cumsum(np.hstack([total, differences]), axis=1)
    means = totals[:, 1:] / counts
    before = totals[:, :-1] / np.maximum(counts - 1, 1)
    grown = np.maximum((differences - before) * (differences - means), 0)
    squared = np.cumsum(np.hstack([squares, grown]), axis=1)[:, 1:]
    stds = np.sqrt(squared / np.where(counts > 1, counts - 1, np.nan))
    ends = [counts[:, -1], first[:, 0], totals[:, -1], squared[:, -1]]
    return np.stack(ends, axis=1), first + means, stds
