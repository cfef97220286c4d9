"""The rows of a batch by their keys, for components that remember something of each key."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from amml_runtime.batch import Array

Places = NDArray[Any]


class Grouped(NamedTuple):
    """Where in the state each distinct key is, and the number of each row's among them."""

    places: Sequence[str]
    groups: Places


def grouped(keys: Array, prefix: str = "") -> Grouped:
    """The distinct keys of a column of keys, in the order of their first rows.

    `prefix` keeps apart what a component remembers in several ways.

    >>> import pyarrow as pa
    >>> found = grouped(pa.array(["b", None, "b"]))
    >>> found.places, found.groups.tolist()
    (['=b', ''], [0, 1, 0])
    """
    coded = cast(Any, keys).dictionary_encode("encode")
    places = [prefix if key is None else f"{prefix}={key}" for key in coded.dictionary.to_pylist()]
    return Grouped(places, coded.indices.to_numpy())


def rounds(groups: Places) -> Iterator[Places]:
    """Rows to take at once, one of each key: the first of every key, then the second, and so on.

    So that what goes from row to row within a key goes over many keys in one step of NumPy.

    >>> [rows.tolist() for rows in rounds(np.array([0, 1, 0, 0, 1]))]
    [[0, 1], [2, 4], [3]]
    """
    if not len(groups):
        return
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    starts = np.cumsum(sizes) - sizes
    number = np.empty(len(groups), np.int64)
    number[order] = np.arange(len(groups)) - np.repeat(starts, sizes)
    by_round = np.argsort(number, kind="stable")
    yield from np.split(by_round, np.cumsum(np.bincount(number))[:-1])
