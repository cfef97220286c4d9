"""KSWIN: the newest values of a window against the older ones, by Kolmogorov and Smirnov's test.

Raab, Heusinger and Schleif (2020), Reactive soft prototype computing for concept drift streams.
The paper takes a random sample of the older values; here all of them are compared, so that the same
stream gives the same changes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from amml_progress._shared.by_key import Grouped
from amml_progress._shared.changes import Change
from amml_progress._shared.room import check_room
from amml_runtime.packing import Floats
from amml_runtime.state import State

_AT_ONCE = 64  # windows that are looked at together


@dataclass(frozen=True)
class Kswin:
    """A change is that the two parts' distributions are further apart than chance would have it.

    The window then begins anew with its newest part. A key remembers the values of its window.
    """

    alpha: float = 0.0001
    window: int = 100
    recent: int = 30

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"`alpha` is {self.alpha}, it must lie between 0 and 1")
        if not 1 <= self.recent < self.window:
            raise ValueError(
                f"`recent` is {self.recent}, it must be less than `window`, {self.window}"
            )
        check_room("window", self.window)

    @property
    def threshold(self) -> float:
        """The distance that two samples of one distribution exceed with probability alpha."""
        older = self.window - self.recent
        return math.sqrt(-math.log(self.alpha / 2) / 2 * (1 / older + 1 / self.recent))

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes, some values of every key at once: the more, the fewer keys there are."""
        known = state.numbers(at.places, np.array([[np.nan] * self.window]))
        windows = known[:, 0]
        order = np.argsort(at.groups, kind="stable")
        left = np.bincount(at.groups, minlength=len(windows))
        next_ = np.cumsum(left) - left
        found: list[Change] = []
        while left.any():
            members = np.flatnonzero(left)
            ahead = np.arange(min(max(_AT_ONCE // len(members), 1), left.max()))
            rows = next_[members, None] + ahead
            there = ahead < left[members, None]
            new = np.where(there, values[order[np.where(there, rows, 0)]], np.nan)
            taken, apart, windows[members] = self._advanced(np.hstack([windows[members], new]))
            next_[members] += taken
            left[members] -= taken
            for place in np.flatnonzero(apart > 0).tolist():
                row = int(order[next_[members[place]] - 1])
                found.append(Change(row, float(apart[place]), self.threshold))
        state.set_numbers(at.places, known)
        return found

    def _advanced(self, series: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
        """For windows and the values after them, up to the first change: how many values that is,
        how far apart the parts are at the change (0 for none), and the windows then."""
        views = sliding_window_view(series, self.window, axis=1)[:, 1:]
        whole = ~np.isnan(views[:, :, 0]) & ~np.isnan(views[:, :, -1])
        apart = np.zeros(whole.shape)
        apart[whole] = distance(views[whole], self.recent)
        changed = apart > self.threshold
        given = (~np.isnan(views[:, :, -1])).sum(axis=1)
        last = np.where(changed.any(axis=1), changed.argmax(axis=1), given - 1)
        each = np.arange(len(series))
        apart = np.where(changed[each, last], apart[each, last], 0.0)
        windows = views[each, last]
        windows[apart > 0, : -self.recent] = np.nan
        return last + 1, apart, windows


def merge(older: Floats, newer: Floats) -> Floats:
    """The window of two streams, one after the other; NaN stands for values still to come.

    >>> merge(np.array([1.0, 2.0, 3.0]), np.array([np.nan, np.nan, 4.0])).tolist()
    [2.0, 3.0, 4.0]
    """
    there = np.concatenate([older, newer[~np.isnan(newer)]])
    return there[-len(older) :]


def distance(windows: Floats, recent: int) -> Floats:
    """How far the distributions of the last `recent` values and of those before them are apart.

    >>> distance(np.array([[1.0, 2.0, 3.0, 9.0, 9.0], [1.0, 2.0, 3.0, 2.0, 1.0]]), 2).round(4)
    array([1.    , 0.3333])
    """
    older = windows.shape[1] - recent
    order: NDArray[Any] = np.argsort(windows, axis=1, kind="stable")
    steps = np.where(order >= older, 1 / recent, -1 / older)
    ordered = np.take_along_axis(windows, order, axis=1)
    last_of_equals = np.ones(windows.shape, bool)
    last_of_equals[:, :-1] = ordered[:, 1:] > ordered[:, :-1]
    return np.where(last_of_equals, np.abs(np.cumsum(steps, axis=1)), 0).max(axis=1, initial=0)
