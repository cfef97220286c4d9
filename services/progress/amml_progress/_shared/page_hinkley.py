"""Page and Hinkley's test: sums of the differences from the mean that wander off."""

from dataclasses import dataclass

import numpy as np

from amml_progress._shared.by_key import Grouped
from amml_progress._shared.changes import Change
from amml_runtime.packing import Floats
from amml_runtime.state import State

_FEWEST = 30  # rows before the first change
_KEPT = 0.9999  # of a sum, from row to row
_FRESH = [0.0, 0.0, 0.0, 0.0, np.inf, -np.inf]


@dataclass(frozen=True)
class PageHinkley:
    """Two sums of the differences from the mean so far, one a little too small, one too large.

    A change is that the first has risen, or the second fallen, by the threshold since its extreme.
    All begins anew then. Six numbers a key; what was seen of two streams cannot be merged, since
    each difference was taken from the mean of its own past.
    """

    delta: float = 0.25
    threshold: float = 30.0

    def __post_init__(self) -> None:
        if self.threshold <= 0:
            raise ValueError(f"`threshold` is {self.threshold}, it must be above 0")

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes, value by value."""
        known = state.numbers(at.places, np.array([_FRESH]))
        memories: list[list[float]] = known[:, 0].tolist()
        found: list[Change] = []
        rows = zip(values.tolist(), at.groups.tolist(), strict=True)
        for row, (value, group) in enumerate(rows):
            memories[group], wandered = self._step(memories[group], value)
            if wandered > self.threshold and memories[group][0] >= _FEWEST:
                found.append(Change(row, wandered, self.threshold))
                memories[group] = _FRESH
        state.set_numbers(at.places, np.array(memories).reshape(known.shape))
        return found

    def _step(self, memory: list[float], value: float) -> tuple[list[float], float]:
        """What is known after a value, and how far a sum has come from its extreme."""
        count, mean, rising, falling, least, most = memory
        count += 1
        mean += (value - mean) / count
        rising = _KEPT * rising + value - mean - self.delta
        falling = _KEPT * falling + value - mean + self.delta
        least = rising if rising < least else least
        most = falling if falling > most else most
        up, down = rising - least, most - falling
        return [count, mean, rising, falling, least, most], up if up > down else down
