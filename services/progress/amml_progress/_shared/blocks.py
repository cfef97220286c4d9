"""Rows of each group, gathered in blocks of a fixed number, however they come in batches.

What is worked out a block at a time is the same to the last bit wherever the batches are cut, costs
one step of NumPy for many rows and many groups, and touches a group's large memory once a block.
What waits for its block is a row of numbers: how many rows came so far, the newest time among
them, and the values of the block, NaN where none has come yet.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amml_runtime.packing import Floats

ROWS = 16  # of a block: more cost memory in every transaction, fewer cost time
_HEAD = 2


class Filled(NamedTuple):
    """Blocks that became full: whose, their values (groups x rows x columns), the last rows."""

    groups: NDArray[np.int64]
    values: Floats
    last: NDArray[np.int64]


def fresh(columns: int) -> Floats:
    """What waits of a group that has no row yet, in the shape `State.numbers` wants."""
    return np.array([[0.0, -np.inf, *[np.nan] * ROWS * columns]])


def rows_of(held: Floats) -> Floats:
    """How many rows each group had so far."""
    return held[:, 0, 0]


def newest_of(held: Floats) -> Floats:
    """The newest time of each group in microseconds; minus infinity where no row had one."""
    return held[:, 0, 1]


def waiting(held: Floats, columns: int) -> Floats:
    """The values that wait, groups x rows x columns: a view."""
    return held[:, 0, _HEAD:].reshape(len(held), ROWS, columns)


def filled(held: Floats, values: Floats, groups: NDArray[np.int64]) -> Iterator[Filled]:
    """Add rows of values to what waits of their groups, in place; give each block that is full.

    >>> held = np.array([fresh(1), fresh(1)])
    >>> rows, groups = np.arange(20.0)[:, None], np.array([0, 1] + [0] * 18)
    >>> [(each.groups.tolist(), each.last.tolist()) for each in filled(held, rows, groups)]
    [([0], [16])]
    >>> rows_of(held).tolist(), waiting(held, 1)[0, :4, 0].tolist()
    ([19.0, 1.0], [17.0, 18.0, 19.0, nan])
    """
    blocks = waiting(held, values.shape[1])
    there = rows_of(held).astype(np.int64) % ROWS
    left = np.bincount(groups, minlength=len(held))
    order = np.argsort(groups, kind="stable")
    next_ = np.cumsum(left) - left
    held[:, 0, 0] += left
    while left.any():
        taken = np.minimum(ROWS - there, left)
        members, within = _spread(taken)
        rows = order[next_[members] + within]
        blocks[members, there[members] + within] = values[rows]
        there, next_, left = there + taken, next_ + taken, left - taken
        full = np.flatnonzero(there == ROWS)
        if len(full):
            yield Filled(full, blocks[full], order[next_[full] - 1])
            blocks[full] = np.nan
            there[full] = 0


def _spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For counts 2, 0, 1: whose they are (0, 0, 2) and the how-manyth of its own (0, 1, 0)."""
    members = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return members, np.arange(len(members)) - starts[members]
