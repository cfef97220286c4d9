"""The population stability index: the shares of values in ten ranges, then and now.

Yurdakul (2018), Statistical properties of population stability index.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from amml_progress._shared.by_key import Grouped
from amml_progress._shared.changes import Change
from amml_progress._shared.room import check_room
from amml_runtime.packing import Floats
from amml_runtime.state import State

RANGES = 10

# While the reference is still coming `values`; then `edges` between the ranges, how many values of
# the `reference` lie in each, and how many of those since, `counts`.
Memory: TypeAlias = dict[str, list[float]]


@dataclass(frozen=True)
class Psi:
    """The first values of a key are its reference; every further so many are compared with it.

    The ranges are the tenths of the reference. After a change the next values are the reference.
    A key remembers as many values as the reference has while it is coming, then 29 numbers.
    """

    threshold: float = 0.2
    window: int = 500
    reference: int = 500

    def __post_init__(self) -> None:
        if self.threshold <= 0:
            raise ValueError(f"`threshold` is {self.threshold}, it must be above 0")
        for name in ("window", "reference"):
            if getattr(self, name) < RANGES:
                raise ValueError(f"`{name}` is {getattr(self, name)}, it must be {RANGES} or more")
        check_room("reference", self.reference)

    def changes(self, values: Floats, at: Grouped, state: State) -> list[Change]:
        """The changes, value by value."""
        memories = [_copied(state.get(place, {})) for place in at.places]
        found: list[Change] = []
        rows = zip(values.tolist(), at.groups.tolist(), strict=True)
        for row, (value, group) in enumerate(rows):
            index = self._advance(memories[group], value)
            if index > self.threshold:
                found.append(Change(row, index, self.threshold))
                memories[group] = {}
        state.update(zip(at.places, memories, strict=True))
        return found

    def _advance(self, memory: Memory, value: float) -> float:
        """Take in a value; the index if a window is complete with it, else 0."""
        if "edges" not in memory:
            values = memory.setdefault("values", [])
            values.append(value)
            if len(values) == self.reference:
                memory.update(_tenths(memory.pop("values")))
            return 0.0
        counts = memory["counts"]
        counts[bisect_right(memory["edges"], value)] += 1
        if sum(counts) < self.window:
            return 0.0
        memory["counts"] = [0.0] * RANGES
        return index(memory["reference"], counts)


def index(reference: list[float], counts: list[float]) -> float:
    """The index of two lists of counts; half a value more in each range keeps it finite.

    >>> round(index([50.0, 50.0], [90.0, 10.0]), 3)
    0.853
    """
    then, now = (np.array(each) + 0.5 for each in (reference, counts))
    then, now = then / then.sum(), now / now.sum()
    return float(((now - then) * np.log(now / then)).sum())


def merge(one: Memory, other: Memory) -> Memory:
    """The counts of two parts of a stream that were compared with the same reference.

    Errors: ValueError, where the references differ.

    >>> known = {"edges": [1.0], "reference": [5.0, 5.0]}
    >>> merge(known | {"counts": [1.0, 2.0]}, known | {"counts": [3.0, 0.0]})["counts"]
    [4.0, 2.0]
    """
    same = ("edges", "reference")
    if any(name not in one or one[name] != other.get(name) for name in same):
        raise ValueError("the two were not compared with the same reference")
    return {**one, "counts": [a + b for a, b in zip(one["counts"], other["counts"], strict=True)]}


def _tenths(values: list[float]) -> Memory:
    edges: list[float] = np.quantile(values, np.arange(1, RANGES) / RANGES).tolist()
    reference = np.bincount([bisect_right(edges, value) for value in values], minlength=RANGES)
    return {"edges": edges, "reference": reference.astype(float).tolist(), "counts": [0.0] * RANGES}


def _copied(memory: Memory) -> Memory:
    """To be changed in place, which nothing in the state may be."""
    return {name: list(numbers) for name, numbers in memory.items()}
