"""The values before a row, of its own key: the last few of each key are remembered."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

MOST = 1000  # values that are remembered of a key


class History(NamedTuple):
    """Values of many groups in one line, each group's behind what was remembered of it.

    `values[at[i] - n]` is the value n places before the i-th in its group; `kept` are the last
    of each group, to be remembered.
    """

    values: Floats
    at: NDArray[np.int64]
    kept: Floats


def history(values: Floats, groups: NDArray[Any], held: Floats) -> History:
    """Values behind those that are held of their groups.

    Parameters:
        groups: the number of each value's group, a row of `held`.
        held: what is remembered, oldest first: groups x numbers, NaN where there is none.

    >>> found = history(np.array([5.0, 9.0, 7.0]), np.array([0, 1, 0]), np.array([[3.0], [np.nan]]))
    >>> found.values[found.at - 1].tolist(), found.kept.tolist()
    ([3.0, nan, 5.0], [[7.0], [9.0]])
    """
    long = held.shape[1]
    sizes = np.bincount(groups, minlength=len(held))
    ends = np.cumsum(sizes + long)
    order = np.argsort(groups, kind="stable")
    at = np.empty(len(values), np.int64)
    at[order] = np.arange(len(values)) + np.repeat(np.arange(1, len(held) + 1) * long, sizes)
    line = np.empty(len(values) + held.size)
    line[at] = values
    back = np.arange(-long, 0)
    line[(ends - sizes)[:, None] + back] = held
    return History(line, at, line[ends[:, None] + back])
