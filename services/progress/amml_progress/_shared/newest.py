"""For each row the newest row of another flow, of the same key and not from after it."""

from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_runtime.batch import Batch
from amml_runtime.event_time import micros

Places = NDArray[np.int64]


def newest(rows: Batch, others: Batch, within: int) -> Places:
    """The number, among the others, of each row's newest one at most `within` microseconds old.

    -1 where there is none; of several at one time it is the last. All rows have a time.

    >>> rows = Batch.from_rows([{"_time": 50, "_key": "a"}, {"_time": 90, "_key": "a"}])
    >>> others = Batch.from_rows([{"_time": 40, "_key": "a"}, {"_time": 50, "_key": "a"}])
    >>> newest(rows, others, 20).tolist()
    [1, -1]
    """
    if not others.rows or not rows.rows:
        return np.full(rows.rows, -1)
    count = others.rows
    keys = _codes(others, rows)
    times = np.concatenate([micros(others.times), micros(rows.times)])
    is_row = np.arange(len(times)) >= count
    order = np.lexsort((is_row, times, keys))
    last = np.maximum.accumulate(np.where(is_row[order], -1, np.arange(len(order))))
    found = np.full(len(order), -1)
    there = last >= 0
    mates = order[np.where(there, last, 0)]
    near = there & (keys[mates] == keys[order]) & (times[order] - times[mates] <= within)
    found[order[near]] = mates[near]
    return found[count:]


def _codes(first: Batch, second: Batch) -> NDArray[Any]:
    """A number for each key; no key is a key as well."""
    keys = pa.chunked_array([first.keys, second.keys]).combine_chunks()
    return cast(Any, keys).dictionary_encode("encode").indices.to_numpy()
