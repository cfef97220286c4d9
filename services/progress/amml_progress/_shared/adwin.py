"""ADWIN: a window as long as its mean stays the same.

Bifet and Gavaldà (2007), Learning from time-changing data with adaptive windowing. The window is
kept as buckets of 1, 2, 4, ... values, at most five of each size: O(log n) of memory.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from amml_progress._shared import blocks
from amml_progress._shared.by_key import Grouped
from amml_progress._shared.changes import Change
from amml_runtime.packing import Floats
from amml_runtime.state import State

Bucket: TypeAlias = list[float]  # the sum of its values, and of their squared differences
Window: TypeAlias = list[list[Bucket]]  # the buckets of 2**i values, oldest first, for each i

_MOST = 5  # buckets of a size
_FEWEST = 5  # values on each side of a cut


@dataclass(frozen=True)
class Adwin:
    """A change is that the means of two parts of the window differ more than by chance.

    Looked for after every sixteen values of a key, so twice as often as usual. The window then
    begins anew: dropping only its oldest buckets tells one change several times.
    """

    delta: float = 0.002

    def __post_init__(self) -> None:
        if not 0 < self.delta < 1:
            raise ValueError(f"`delta` is {self.delta}, it must lie between 0 and 1")

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes, a block of values at a time."""
        waiting = [f"+{place}" for place in at.places]
        held = state.numbers(waiting, blocks.fresh(1))
        found: list[Change] = []
        for full in blocks.filled(held, values[:, None], at.groups):
            found += self._looked(full, at.places, state)
        state.set_numbers(waiting, held)
        return found

    def _looked(self, full: blocks.Filled, places: Sequence[str], state: State) -> list[Change]:
        groups: list[int] = full.groups.tolist()
        rows: list[int] = full.last.tolist()
        found: list[Change] = []
        for group, row, values in zip(groups, rows, full.values[:, :, 0].tolist(), strict=True):
            window = grown(state.get(places[group], []), values)
            cut = self.cut(window)
            state[places[group]] = window if cut is None else []
            if cut is not None:
                found.append(Change(row, *cut))
        return found

    def cut(self, window: Window) -> tuple[float, float] | None:
        """How far the means of the two parts are apart, and may be, where they are most too far
        apart; None where they nowhere are."""
        whole, total, squares = moments(window)
        if whole <= 2 * _FEWEST:
            return None
        chance = math.log(2 * math.log(whole) / self.delta)
        older, older_total = 0, 0.0
        worst: tuple[float, float] | None = None
        for size, bucket in _oldest_first(window):
            older, older_total = older + size, older_total + bucket[0]
            newer = whole - older
            if newer < _FEWEST:
                break
            if older < _FEWEST:
                continue
            apart = abs(older_total / older - (total - older_total) / newer)
            share = 1 / (older - _FEWEST + 1) + 1 / (newer - _FEWEST + 1)
            limit = math.sqrt(2 * share * squares / whole * chance) + 2 / 3 * share * chance
            if apart - limit > (worst[0] - worst[1] if worst else 0):
                worst = apart, limit
        return worst


def grown(window: Window, values: Sequence[float]) -> Window:
    """The window with newer values."""
    window = [list(level) for level in window]  # what the state holds is not to be changed
    for value in values:
        _insert(window, [value, 0.0], 0)
    return window


def merge(older: Window, newer: Window) -> Window:
    """The window of two streams, one after the other; its moments are those of all values.

    >>> one, other = ([[[1.0, 0.0], [2.0, 0.0]]], [[[6.0, 0.0]]])
    >>> merge(one, other)
    [[[1.0, 0.0], [2.0, 0.0], [6.0, 0.0]]]
    """
    merged: Window = [list(level) for level in older]
    for size, level in enumerate(newer):
        for bucket in level:
            _insert(merged, bucket, size)
    return merged


def _insert(window: Window, bucket: Bucket, size: int) -> None:
    """Put a bucket of 2**size values; of more than five the oldest two become one."""
    while len(window) <= size:
        window.append([])
    window[size].append(bucket)
    if len(window[size]) > _MOST:
        one, other = window[size][:2]
        del window[size][:2]
        apart = (one[0] - other[0]) ** 2 / 2 ** (size + 1)
        _insert(window, [one[0] + other[0], one[1] + other[1] + apart], size + 1)


def moments(window: Window) -> tuple[int, float, float]:
    """How many values, their sum, and the sum of their squared differences from their mean."""
    whole = sum(len(level) << size for size, level in enumerate(window))
    total = math.fsum(bucket[0] for _, bucket in _oldest_first(window))
    mean = total / max(whole, 1)
    squares = sum(b[1] + (b[0] - size * mean) ** 2 / size for size, b in _oldest_first(window))
    return whole, total, squares


def _oldest_first(window: Window) -> Iterator[tuple[int, Bucket]]:
    for size in range(len(window) - 1, -1, -1):
        for bucket in window[size]:
            yield 1 << size, bucket
