"""Which row lets which others go on, so that those of a key come in order of time."""

from bisect import bisect_right, insort
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.held import NEVER


def ordered(
    groups: Sequence[int],
    times: Sequence[float],
    held: int,
    newest: list[float],
    lateness: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Of each row the new one with which it goes on (NEVER: none yet), and whether it is late.

    A row goes on when one of its key has come that is `lateness` newer; one that comes when such
    a row was there before is late.

    Parameters:
        groups: the group of each row, first of `held` rows that wait, then of new ones.
        times: their times.
        newest: the newest time of each group so far, NaN if there is none; it is moved on.

    >>> turns, late = ordered([0, 0, 0], [5.0, 3.0, 9.0], 0, [float("nan")], 4)
    >>> turns[:2].tolist(), bool(turns[2] == NEVER), late.tolist()
    ([2, 2], True, [False, False, False])
    """
    turns, late = np.full(len(groups), NEVER), np.zeros(len(groups), bool)
    waiting: dict[int, list[tuple[float, int]]] = {}
    for row, (group, time) in enumerate(zip(groups, times, strict=True)):
        queue = waiting.setdefault(group, [])
        if row >= held and time < newest[group] - lateness:
            late[row] = True
            continue
        insort(queue, (time, row))
        if row < held:
            continue
        if not time <= newest[group]:
            newest[group] = time
        going = bisect_right(queue, (newest[group] - lateness, len(groups)))
        turns[[each for _, each in queue[:going]]] = row - held
        del queue[:going]
    return turns, late
