"""What is known of many values: eight numbers, which add up to those of all of them.

A value alone is a summary, too, so values come into a window as panes come into a wider one: by
`merged`. Sums run strictly in the order given, so a batch's border leaves no trace.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

PARTS = 8
ROWS, COUNT, FIRST, LAST, LEAST, MOST, OFF, SQUARES = range(PARTS)
"""Rows, values among them, the first, last, smallest and largest of these; then the sums of their
differences from the first and of its squares. The first is a value of the sample itself, so the
squares lose no more digits than the number of values has, wherever these lie."""

NOTHING = np.array([0.0, 0.0, np.nan, np.nan, np.inf, -np.inf, 0.0, 0.0])


def of_values(values: Floats) -> Floats:
    """The summary of each value of a rows x columns matrix; one that is not finite is none.

    >>> of_values(np.array([[20.5], [np.nan]]))[:, 0, :4].tolist()
    [[1.0, 1.0, 20.5, 20.5], [1.0, 0.0, nan, nan]]
    """
    found = np.empty((*values.shape, PARTS))
    there = np.isfinite(values)
    found[..., ROWS] = 1.0
    found[..., COUNT] = there
    found[..., FIRST] = found[..., LAST] = np.where(there, values, np.nan)
    found[..., LEAST] = np.where(there, values, np.inf)
    found[..., MOST] = np.where(there, values, -np.inf)
    found[..., OFF:] = 0.0
    return found


def merged(parts: Floats, groups: Whole, count: int) -> Floats:
    """Summaries x columns x 8 numbers as groups x columns x 8, each the sum of its members.

    Parameters:
        groups: the number of each summary's group, below `count`.
    """
    found = np.empty((count, *parts.shape[1:]))
    with np.errstate(all="ignore"):  # what overflows is infinite, and no result
        for column in range(parts.shape[1]):
            found[:, column] = _column(parts[:, column].T.copy(), groups, count).T
    return found


def _column(parts: Floats, groups: Whole, count: int) -> Floats:
    found = np.repeat(NOTHING[:, None], count, axis=1)
    found[ROWS] = np.bincount(groups, parts[ROWS], count)
    there = parts[COUNT] > 0
    if not there.all():
        parts, groups = parts[:, there], groups[there]
    found[FIRST, groups[::-1]] = parts[FIRST, ::-1]  # the last that is assigned stays
    found[LAST, groups] = parts[LAST]
    np.minimum.at(found[LEAST], groups, parts[LEAST])
    np.maximum.at(found[MOST], groups, parts[MOST])
    number, off = parts[COUNT], parts[OFF]
    apart = parts[FIRST] - found[FIRST, groups]
    squares = parts[SQUARES] + apart * (2 * off + number * apart)
    for part, numbers in ((COUNT, number), (OFF, off + number * apart), (SQUARES, squares)):
        found[part] = np.bincount(groups, numbers, count)  # adds up strictly in order
    return found


def _mean(parts: Floats) -> Floats:
    return parts[FIRST] + parts[OFF] / parts[COUNT]


def _sum(parts: Floats) -> Floats:
    return parts[FIRST] * parts[COUNT] + parts[OFF]


def _std(parts: Floats) -> Floats:
    number = parts[COUNT]
    spread = np.maximum(parts[SQUARES] - parts[OFF] * (parts[OFF] / number), 0)
    return np.sqrt(spread / np.where(number > 1, number - 1, np.nan))


AGGREGATES: dict[str, Callable[[Floats], Floats]] = {
    "mean": _mean,
    "sum": _sum,
    "min": lambda parts: parts[LEAST],
    "max": lambda parts: parts[MOST],
    "std": _std,
    "first": lambda parts: parts[FIRST],
    "last": lambda parts: parts[LAST],
    "count": lambda parts: parts[COUNT],
}
ON_SCALE = {"mean", "min", "max", "first", "last"}  # of scaled values these are on their scale


def aggregate(parts: Floats, name: str) -> Floats:
    """One number of each summary of a summaries x 8 array; NaN where it has no such number.

    >>> all_of = merged(of_values(np.array([[1.0], [2.0], [6.0]])), np.zeros(3, np.int64), 1)
    >>> [float(aggregate(all_of[:, 0], name)[0]) for name in ("mean", "sum", "std", "last")]
    [3.0, 9.0, 2.6457513110645907, 6.0]
    """
    with np.errstate(all="ignore"):
        found = AGGREGATES[name](parts.T)
    return found if name == "count" else np.where(parts[:, COUNT] > 0, found, np.nan)


def check_aggregates(names: tuple[str, ...]) -> None:
    """Raises `ValueError` for an aggregate that there is not, or none at all."""
    for name in names:
        if name not in AGGREGATES:
            raise ValueError(f'`agg` has "{name}"; there are {", ".join(AGGREGATES)}')
    if len(set(names)) < len(names):
        raise ValueError(f"`agg` names one twice: {', '.join(names)}")
