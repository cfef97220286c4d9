"""KSWIN: the newest values of a window against the older ones, by Kolmogorov and Smirnov's test.

Raab, Heusinger and Schleif (2020), Reactive soft prototype computing for concept drift streams.
The paper takes a random sample of the older values; here all of them are compared, so that the same
stream gives the same changes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.by_key import Grouped, rounds
from amml_progress._shared.changes import Change
from amml_runtime.packing import Floats
from amml_runtime.state import State


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

    @property
    def threshold(self) -> float:
        """The distance that two samples of one distribution exceed with probability alpha."""
        older = self.window - self.recent
        return math.sqrt(-math.log(self.alpha / 2) / 2 * (1 / older + 1 / self.recent))

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes, the n-th value of every key at once."""
        known = state.numbers(at.places, np.array([[np.nan] * self.window]))
        windows = known[:, 0]
        found: list[Change] = []
        for rows in rounds(at.groups):
            groups = at.groups[rows]
            moved = np.hstack([windows[groups, 1:], values[rows, None]])
            full = np.flatnonzero(~np.isnan(moved[:, 0]))
            apart = distance(moved[full], self.recent)
            changed = apart > self.threshold
            moved[full[changed], : -self.recent] = np.nan
            windows[groups] = moved
            hits = zip(rows[full[changed]].tolist(), apart[changed].tolist(), strict=True)
            found += [Change(row, each, self.threshold) for row, each in hits]
        state.set_numbers(at.places, known)
        return found


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
