"""The last values of each key: a window beside every row, for what looks back a fixed way.

What is remembered is the values as they came, so where rows are cut leaves no trace.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amml_runtime.state import State

Floats = NDArray[np.float64]


def windows(
    values: Floats, groups: NDArray[Any], places: Sequence[str], state: State, size: int
) -> Floats:
    """Of each value the last `size` of its key, itself among them as the last; NaN before them.

    Parameters:
        values: one column's known values, in order.
        groups: the number of each value's key among `places`.
        places: where in the state the last values of each key are, and the new ones go.

    >>> state = State()
    >>> windows(np.array([1.0, 5.0, 2.0]), np.array([0, 1, 0]), ["a", "b"], state, 2).tolist()
    [[nan, 1.0], [nan, 5.0], [1.0, 2.0]]
    >>> state["a"]
    [[1.0, 2.0]]
    """
    before = state.numbers(places, np.full((1, size), np.nan))[:, 0]
    sizes = np.bincount(groups, minlength=len(places))
    order = np.argsort(groups, kind="stable")
    # Each key's memory followed by its new values, one key after the other.
    starts = np.cumsum(sizes + size) - sizes - size
    line = np.empty(int((sizes + size).sum()))
    line[starts[:, None] + np.arange(size)] = before
    ends = np.empty(len(values), np.int64)
    first = np.cumsum(sizes) - sizes
    ends[order] = np.repeat(starts + size - first, sizes) + np.arange(len(values))
    line[ends] = values
    state.set_numbers(places, line[(starts + sizes)[:, None] + np.arange(size)][:, None])
    return line[ends[:, None] + np.arange(1 - size, 1)]


def carried(
    values: Floats, there: NDArray[np.bool_], groups: NDArray[Any], before: Floats
) -> tuple[Floats, Floats]:
    """In each row the newest value of its key up to it, and the newest of each key at the end.

    Parameters:
        values: a value a row; only those count that are `there`.
        groups: the number of each row's key.
        before: the newest value of each key from earlier, NaN if there is none.

    >>> there = np.array([True, True, False, False])
    >>> found, last = carried(
    ...     np.array([1.0, 2, 0, 0]), there, np.array([0, 1, 0, 2]), np.array([9.0, 9, 9]))
    >>> found.tolist(), last.tolist()
    ([1.0, 2.0, 1.0, 9.0], [1.0, 2.0, 9.0])
    """
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups, minlength=len(before))
    first = np.cumsum(sizes) - sizes
    rows = np.arange(len(values))
    newest = np.maximum.accumulate(np.where(there[order], rows, -1))
    own = newest >= np.repeat(first, sizes)
    sorted_ = np.where(own, values[order][np.maximum(newest, 0)], before[groups[order]])
    found = np.empty(len(values))
    found[order] = sorted_
    last = before.copy()
    some = np.flatnonzero(sizes)
    last[some] = sorted_[(first + sizes - 1)[some]]
    return found, last


def quantiles(windows: Floats, *shares: float) -> list[Floats]:
    """For each share the quantile of every row's values, without its NaN; interpolated linearly.

    >>> quantiles(np.array([[np.nan, 1.0, 3.0], [4.0, 6.0, 5.0]]), 0.5)[0].tolist()
    [2.0, 5.0]
    """
    ordered = np.sort(windows, axis=1)  # NaN goes to the end
    last = (~np.isnan(ordered)).sum(axis=1) - 1
    rows = np.arange(len(ordered))
    found: list[Floats] = []
    for share in shares:
        at = share * last
        low = np.floor(at).astype(np.int64)
        below, above = ordered[rows, low], ordered[rows, np.minimum(low + 1, last)]
        found.append(below + (at - low) * (above - below))
    return found
