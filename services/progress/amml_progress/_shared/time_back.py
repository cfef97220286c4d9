"""Each value beside the last one that is so much older, of its own key."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_progress._shared.afresh import begin_afresh
from amml_progress._shared.by_key import grouped
from amml_progress._shared.history import Floats, history
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.steps_back import Pair
from amml_runtime.batch import Array, Batch
from amml_runtime.component import Columns
from amml_runtime.state import State

_CHUNK = 1024  # rows that are looked back from at once


def time_back(batch: Batch, of: Columns, by: int, age: int, state: State) -> Iterator[Pair]:
    """Each column, and its values in the last row, of `by`, at least `age` microseconds older."""
    check_numbers(batch, of)
    begin_afresh(batch, state, list(of), by, age)
    places, groups = grouped(batch.keys)
    held = state.numbers(places, np.full((len(of) + 1, by), np.nan))
    times = micros_or_nan(batch.times)
    line, at, held[:, 0] = history(times, groups, held[:, 0])
    back = _last_older(line, at, times - age, by)
    for number, name in enumerate(of, 1):
        values = floats(batch.column(name))
        line, at, held[:, number] = history(values, groups, held[:, number])
        yield Pair(name, values, np.where(back > 0, line[at - back], np.nan))
    state.set_numbers(places, held)


def micros_or_nan(times: Array) -> Floats:
    """Times as microseconds since 1970, NaN for null: exact until the year 2255."""
    return floats(times.view(pa.int64()))


def _last_older(line: Floats, at: NDArray[np.int64], bounds: Floats, by: int) -> NDArray[np.int64]:
    """How many places back from each is the first that does not exceed its bound; 0: none."""
    found = np.zeros(len(at), np.int64)
    for start in range(0, len(at), _CHUNK):
        part = slice(start, start + _CHUNK)
        older = line[at[part, None] - np.arange(1, by + 1)] <= bounds[part, None]
        found[part] = np.where(older.any(axis=1), older.argmax(axis=1) + 1, 0)
    return found
