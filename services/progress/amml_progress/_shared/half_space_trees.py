"""Half-space trees: where few of the last values lay, a value is unusual (Tan, Ting and Liu 2011).

The trees are drawn once from a seed and never change; what changes is how many values of a window
came into each leaf. A window's values are scored by the window before it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.history import Floats

Bytes: TypeAlias = NDArray[np.uint8]
Whole: TypeAlias = NDArray[np.int64]

TREES, HEIGHT = 25, 5
LEAVES = 2**HEIGHT
MOST = 255  # values a window may have: a leaf's count is a byte
_FEW = 0.1  # of a window's values; no node with fewer is looked into
_EDGE = 0.15  # of a node's range at either end, in which it is not parted


class _Drawn(NamedTuple):
    """For each tree and inner node, the column that it asks and where it parts it."""

    columns: Whole
    borders: Floats


@dataclass(frozen=True)
class Forest:
    """Trees over so many columns, each from 0 to 1 as far as is known."""

    columns: int
    seed: int

    def leaves(self, values: Floats) -> Whole:
        """The leaf of each value in each tree, from 0 on: values x trees."""
        drawn = _drawn(self.columns, self.seed)
        nodes = np.ones((len(values), TREES), np.int64)
        trees, rows = np.arange(TREES), np.arange(len(values))[:, None]
        for _ in range(HEIGHT):
            asked = values[rows, drawn.columns[trees, nodes]]
            nodes = 2 * nodes + (asked >= drawn.borders[trees, nodes])
        return nodes - LEAVES


def scores(leaves: Whole, groups: NDArray[Any], profiles: Bytes, window: int) -> Floats:
    """How empty the place of each value was: 0.5 as full as any would be evenly, 1 not a value.

    Parameters:
        leaves: values x trees.
        groups: the row of `profiles` that each value is held against.
        profiles: groups x trees x nodes, how many of a window's values came to each.
    """
    flat = profiles.reshape(-1)
    base = (groups[:, None] * TREES + np.arange(TREES)) * 2 * LEAVES
    mass = np.zeros(leaves.shape)
    open_ = np.ones(leaves.shape, bool)
    for depth in range(HEIGHT + 1):
        here = flat[base + ((leaves + LEAVES) >> (HEIGHT - depth))]
        mass = np.where(open_, here * float(2**depth), mass)
        open_ &= here > _FEW * window
    return 1 / (1 + mass.mean(axis=1) / window)


def counted(leaves: Whole, groups: NDArray[Any], counts: Bytes) -> None:
    """Count values into their leaves; `counts`, groups x trees x leaves, is changed in place."""
    places = (groups[:, None] * TREES + np.arange(TREES)) * LEAVES + leaves
    np.add.at(counts.reshape(-1), places.reshape(-1), np.uint8(1))


def profiles_of(counts: Bytes) -> Bytes:
    """The counts of all nodes from those of the leaves: node n has 2n and 2n + 1 below it."""
    found = np.zeros((*counts.shape[:2], 2 * LEAVES), np.uint8)
    found[..., LEAVES:] = counts
    for depth in reversed(range(HEIGHT)):
        first = 2**depth
        below = found[..., 2 * first : 4 * first]
        found[..., first : 2 * first] = below[..., ::2] + below[..., 1::2]
    return found


@cache
def _drawn(columns: int, seed: int) -> _Drawn:
    """Every node parts a column that is drawn for it, at a place drawn from its range's middle."""
    random = np.random.Generator(np.random.Philox(seed))
    asked = random.integers(0, columns, (TREES, LEAVES))
    places = random.uniform(_EDGE, 1 - _EDGE, (TREES, LEAVES))
    low, high = np.zeros((TREES, LEAVES, columns)), np.ones((TREES, LEAVES, columns))
    borders, trees = np.empty((TREES, LEAVES)), np.arange(TREES)
    for node in range(1, LEAVES):
        of = asked[:, node]
        begin, end = low[trees, node, of], high[trees, node, of]
        borders[:, node] = begin + places[:, node] * (end - begin)
        if 2 * node < LEAVES:
            for child in (2 * node, 2 * node + 1):
                low[:, child], high[:, child] = low[:, node], high[:, node]
            high[trees, 2 * node, of] = low[trees, 2 * node + 1, of] = borders[:, node]
    return _Drawn(asked, borders)
