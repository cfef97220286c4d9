"""What `lag` and `diff` share: each value beside the one some rows before it, of its own key."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from amml_language.numpy_column import from_numpy
from amml_progress._shared.afresh import begin_afresh
from amml_progress._shared.by_key import grouped
from amml_progress._shared.history import MOST, Floats, history
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.room import check_room
from amml_runtime.batch import Array, Batch
from amml_runtime.component import Columns
from amml_runtime.state import State


class Pair(NamedTuple):
    """A column with its values and those before them; NaN where there is none."""

    name: str
    values: Floats
    before: Floats


def steps_back(batch: Batch, of: Columns, by: int, state: State) -> Iterator[Pair]:
    """Each column beside its values `by` rows before; the last of each key are remembered."""
    check_numbers(batch, of)
    begin_afresh(batch, state, list(of), by)
    places, groups = grouped(batch.keys)
    held = state.numbers(places, np.full((len(of), by), np.nan))
    for number, name in enumerate(of):
        values = floats(batch.column(name))
        line, at, held[:, number] = history(values, groups, held[:, number])
        yield Pair(name, values, line[at - by])
    state.set_numbers(places, held)


def known(values: Floats) -> Array:
    """A column of numbers, null where one is not finite."""
    return from_numpy(values, ~np.isfinite(values))


def check_by(by: int, columns: int) -> None:
    """Raises `ValueError` unless so many rows of so many columns can be remembered."""
    if not 1 <= by <= MOST:
        raise ValueError(f"`by` is {by}, expected 1 to {MOST} rows")
    check_room("by", by, columns)
