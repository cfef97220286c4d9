"""Running moments of many groups at once, the same to the last bit however rows are cut.

A group's moments are four numbers: how many values, the first of them, the sum of the differences
from it, and the sum of the squared differences from the mean (Welford's). Sums run strictly
from value to value, so a batch's border leaves no trace.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

FRESH = [0.0, 0.0, 0.0, 0.0]


def running(values: Floats, groups: NDArray[Any], moments: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and sample standard deviation after each value, and the groups' new moments.

    Parameters:
        values: finite numbers, in order.
        groups: the number of each value's group, the row of `moments` that is its.
    The standard deviation after a group's first value is NaN.
    """
    order = np.argsort(_small(groups), kind="stable")
    ordered, sizes = values[order], np.bincount(groups, minlength=len(moments))
    starts = np.cumsum(sizes) - sizes
    means, stds = np.empty(len(values)), np.empty(len(values))
    held = _begun(moments, ordered, starts, sizes)
    for members, places in _passes(starts, sizes):
        held[:, members], found, spread = _advance(held[:, members], ordered[places])
        means[order[places]], stds[order[places]] = found, spread
    return means, stds, held.T


def _small(groups: NDArray[Any]) -> NDArray[Any]:
    """In 16 bits if they fit: such numbers sort four times as fast."""
    return groups.astype(np.uint16) if groups.max(initial=0) < 2**16 else groups


def _begun(moments: Floats, ordered: Floats, starts: NDArray[Any], sizes: NDArray[Any]) -> Floats:
    """A copy, a row for each of the four, in which groups without a value know their first."""
    held = moments.T.copy()
    fresh = np.flatnonzero((held[0] == 0) & (sizes > 0))
    held[1, fresh] = ordered[starts[fresh]]
    return held


def _passes(starts: NDArray[Any], sizes: NDArray[Any]) -> "Iterator[tuple[Any, Any]]":
    """Groups and the places of their values: one value of many groups, or a large group whole."""
    most = _least_passes(sizes)
    large = np.flatnonzero(sizes > most)
    for member in large:
        places = np.arange(starts[member], starts[member] + sizes[member])
        yield np.array([member]), places[None, :]
    left = np.where(sizes > most, 0, sizes)
    for done in range(most):
        members = np.flatnonzero(left > done)
        yield members, (starts[members] + done)[:, None]


def _least_passes(sizes: NDArray[Any]) -> int:
    """Which sizes to take value by value: as many passes as that, and one a larger group."""
    groups_up_to = np.cumsum(np.bincount(sizes, minlength=1))
    return int(np.argmin(np.arange(len(groups_up_to)) + len(sizes) - groups_up_to))


def _advance(moments: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Take in `values`, a row of them for each group."""
    count, first, total, squares = moments[:, :, None]
    counts = count + np.arange(1, values.shape[1] + 1)
    differences = values - first
    totals = _sums(total, differences)
    means = totals / counts
    before = np.hstack([total, totals[:, :-1]]) / np.maximum(counts - 1, 1)
    squared = _sums(squares, np.maximum((differences - before) * (differences - means), 0))
    stds = np.sqrt(squared / np.where(counts > 1, counts - 1, np.nan))
    ends = [counts[:, -1], first[:, 0], totals[:, -1], squared[:, -1]]
    return np.stack(ends), first + means, stds


def _sums(start: Floats, steps: Floats) -> Floats:
    """The sums from `start` on, strictly from step to step."""
    if steps.shape[1] == 1:  # the same, and `cumsum` is slow where rows are this short
        return start + steps
    return np.cumsum(np.hstack([start, steps]), axis=1)[:, 1:]
