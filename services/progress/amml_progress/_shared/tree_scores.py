"""Scores by half-space trees, and what a key's trees remember: limits, counts and a profile.

A key's first window finds the columns' limits, its second one the first profile; from the third
on values are scored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.half_space_trees import (
    LEAVES,
    TREES,
    Bytes,
    Forest,
    counted,
    profiles_of,
    scores,
)
from amml_progress._shared.history import Floats
from amml_runtime.state import State

_NUMBER, _PHASE = (0, 0), (1, 0)  # beside the limits, in the rows of the lowest and the highest
_LIMITS, _COUNTING, _SCORING = 0, 1, 2  # phases


@dataclass
class _Memory:
    """What is remembered of the keys of a batch, a row each."""

    limits: Floats
    counts: Bytes
    profiles: Bytes

    @classmethod
    def read(cls, state: State, keys: Sequence[str], columns: int) -> "_Memory":
        fresh = np.array([[0.0, *[np.inf] * columns], [_LIMITS, *[-np.inf] * columns]])
        return cls(
            state.numbers([f"limits{key}" for key in keys], fresh),
            _bytes(state, [f"counts{key}" for key in keys], LEAVES),
            _bytes(state, [f"profile{key}" for key in keys], 2 * LEAVES),
        )

    def write(self, state: State, keys: Sequence[str], whole: NDArray[np.bool_]) -> None:
        """`whole` tells the keys that have a new profile."""
        state.set_numbers([f"limits{key}" for key in keys], self.limits)
        for place, key in enumerate(keys):
            state[f"counts{key}"] = self.counts[place].tobytes()
            if whole[place]:
                state[f"profile{key}"] = self.profiles[place].tobytes()


def by_trees(
    values: Floats,
    groups: NDArray[Any],
    keys: Sequence[str],
    state: State,
    window: int,
    seed: int,
) -> Floats:
    """The scores of rows x columns, all finite; NaN as long as their key has no profile."""
    forest = Forest(values.shape[1], seed)
    memory = _Memory.read(state, keys, values.shape[1])
    found, whole = np.full(len(values), np.nan), np.zeros(len(keys), bool)
    for rows in _windows(groups, memory.limits[:, *_NUMBER], window):
        found[rows] = _one_window(values[rows], groups[rows], memory, forest, window)
        ended = memory.limits[:, *_NUMBER] >= window
        memory.limits[ended, *_NUMBER] = 0
        memory.limits[ended, *_PHASE] = np.minimum(memory.limits[ended, *_PHASE] + 1, _SCORING)
        counted_ones = ended & (memory.counts.any(axis=(1, 2)))
        memory.profiles[counted_ones] = profiles_of(memory.counts[counted_ones])
        memory.counts[counted_ones] = 0
        whole |= counted_ones
    memory.write(state, keys, whole)
    return found


def _one_window(
    values: Floats, groups: NDArray[Any], memory: _Memory, forest: Forest, window: int
) -> Floats:
    """Take in rows that are of the same window of their keys, and score them."""
    limits = memory.limits
    np.add.at(limits[:, *_NUMBER], groups, 1.0)
    phase = limits[groups, *_PHASE]
    first = phase == _LIMITS
    for column in range(values.shape[1]):
        np.minimum.at(limits[:, 0, column + 1], groups[first], values[first, column])
        np.maximum.at(limits[:, 1, column + 1], groups[first], values[first, column])
    found = np.full(len(values), np.nan)
    if first.all():
        return found
    low, high = limits[groups[~first], 0, 1:], limits[groups[~first], 1, 1:]
    scaled = (values[~first] - low) / np.where(high > low, high - low, 1)
    leaves = forest.leaves(scaled)
    ready = phase[~first] == _SCORING
    known = groups[~first]
    found[phase == _SCORING] = scores(leaves[ready], known[ready], memory.profiles, window)
    counted(leaves, known, memory.counts)
    return found


def _windows(groups: NDArray[Any], numbers: Floats, window: int) -> Iterator[NDArray[np.int64]]:
    """Rows by the how-manyth window of their key they are of, from the one that has begun on."""
    sizes = np.bincount(groups, minlength=len(numbers))
    order = np.argsort(groups, kind="stable")
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    which = (numbers[groups].astype(np.int64) + rank) // window
    for number in range(which.max(initial=-1) + 1):
        yield np.flatnonzero(which == number)


def _bytes(state: State, places: Sequence[str], numbers: int) -> Bytes:
    """What is there of counts, a copy that may be changed; zeros where there is nothing."""
    fresh = bytes(TREES * numbers)
    found = b"".join(state.get(place, fresh) for place in places)
    return np.frombuffer(bytearray(found), np.uint8).reshape(len(places), TREES, numbers)
