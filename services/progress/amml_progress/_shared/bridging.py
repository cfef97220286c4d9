"""Holes in columns bridged from both sides: a row with a hole waits for what comes after it.

The rows of all keys lie one key after the other in one line. At the head of a key stand two rows
that are none: the two newest values of each column from before the rows that are here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

HEAD = 2  # rows at the head of each key


class Line(NamedTuple):
    """The rows of all keys: an index of its key's first row and the one past its last for each.

    `times` and `values` are rows x columns; a hole is NaN.
    """

    starts: Whole
    ends: Whole
    times: Floats
    values: Floats


class Neighbours(NamedTuple):
    """For each place in a line the known values around it, as rows; -1 if there is none."""

    before: Whole
    before_that: Whole
    after: Whole
    after_that: Whole


def neighbours(line: Line, column: int) -> Neighbours:
    """The two known values of a column on either side of each row, within its key."""
    known = ~np.isnan(line.values[:, column])
    rows = np.arange(len(known))
    upto = np.maximum.accumulate(np.where(known, rows, -1))
    before = np.concatenate([[-1], upto[:-1]]) if len(known) else upto
    before = np.where(before >= line.starts, before, -1)
    since = np.minimum.accumulate(np.where(known, rows, len(known))[::-1])[::-1]
    after = np.concatenate([since[1:], [len(known)]]) if len(known) else since
    after = np.where(after < line.ends, after, -1)
    return Neighbours(before, _follow(before, before), after, _follow(after, after))


def turns(line: Line, found: list[Neighbours], spline: bool, most: int) -> Whole:
    """The row with which each row goes on; the end of its key if that has not come.

    Rows of a key keep their order, and none waits for more than `most` further ones.
    """
    rows = np.arange(len(line.starts))
    waits = rows
    for column, near in enumerate(found):
        wanted = near.after_that if spline else near.after
        hole = np.isnan(line.values[:, column]) & (near.before >= 0)
        waits = np.maximum(waits, np.where(hole, np.where(wanted < 0, line.ends, wanted), rows))
    waits = np.maximum.accumulate(waits)
    return np.where(rows + most < line.ends, np.minimum(waits, rows + most), waits)


def bridged(line: Line, column: int, near: Neighbours, turn: Whole, spline: bool) -> Floats:
    """A column with its holes filled by what had come when each row went on.

    Between two values in order of time the filling lies on the line, or cubic, between
    them; where there is none after it, or the times are in no order, it is the value before.
    """
    values, times = line.values[:, column], line.times[:, column]
    filled = values.copy()
    hole = np.flatnonzero(np.isnan(values) & (near.before >= 0))
    left, right = near.before[hole], near.after[hole]
    right = np.where((right >= 0) & (right <= turn[hole]), right, left)
    start, end, at = times[left], times[right], times[hole]
    inside = (start < at) & (at < end)
    width = np.where(inside, end - start, 1)
    share = np.where(inside, (at - start) / width, 0)
    found = values[left] + share * (values[right] - values[left])
    if spline:
        far_left, far_right = near.before_that[hole], near.after_that[hole]
        whole = inside & (far_left >= 0) & (far_right >= 0) & (far_right <= turn[hole])
        cubic = _cubic(times, values, (far_left, left, right, far_right), share, width)
        found = np.where(whole & np.isfinite(cubic), cubic, found)
    filled[hole] = found
    return filled


def _cubic(
    times: Floats,
    values: Floats,
    places: tuple[Whole, Whole, Whole, Whole],
    s: Floats,
    width: Floats,
) -> Floats:
    """The cubic through two values whose slopes are those of the values around them."""
    far_left, left, right, far_right = places
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (values[right] - values[far_left]) / (times[right] - times[far_left]) * width
        fall = (values[far_right] - values[left]) / (times[far_right] - times[left]) * width
    step = values[left] - values[right]
    return values[left] + s * (
        rise + s * (-3 * step - 2 * rise - fall + s * (2 * step + rise + fall))
    )


def _follow(first: Whole, second: Whole) -> Whole:
    return np.where(first >= 0, second[np.maximum(first, 0)], -1) if len(first) else first
