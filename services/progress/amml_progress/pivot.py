"""`pivot`: rows of names and values made wide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amml_language.tree import Duration
from amml_progress._shared import periods
from amml_progress._shared.numbers import check_columns, check_numbers, floats
from amml_progress._shared.periods import HELD, Place
from amml_progress._shared.report import numbers
from amml_runtime.batch import KEY, TIME, Array, Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.event_time import from_micros
from amml_runtime.packing import Floats
from amml_runtime.state import State

_INSTANT = Duration(1)  # rows of one key and microsecond belong together


@dataclass(frozen=True)
class Pivot(AbstractProgress):
    """Make one wide row of all the rows of a key and time, each of which holds one value.

    Parameters:
        columns: the names that become columns, in this order.
        names: the column that says what a row's value is.
        values: the column with the values.
    Gives: a row for each key and time with the columns, float64, null where no row said; no others.
        Of several values for one place the last number counts. A row leaves when the watermark
        has passed its time, or at the end; with `lateness` up to an eighth of it later.
    Errors: a column that is missing, values that are no numbers. A row with another name, a late
        row and a row without a time go to the dead letters.
    Source: Wickham (2014), Tidy data.

    >>> found = run("pivot co2, temp",
    ...     _time=["2026-01-01T00:00Z", "2026-01-01T00:00Z", "2026-01-01T01:00Z"],
    ...     type_name=["co2", "temp", "co2"], input_data=[400.0, 21.5, 410.0])
    >>> found["co2"], found["temp"]
    ([400.0, 410.0], [21.5, None])
    """

    columns: Columns
    names: Column = Column("type_name")
    values: Column = Column("input_data")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows whose time has passed."""
        check_columns(batch, [self.names])
        check_numbers(batch, [self.values])
        batch, at = periods.filed(self._known(batch, state), state, _INSTANT)
        places = [HELD + place for place in at.places]
        held = state.numbers(places, self._fresh())
        found = floats(batch.column(self.values))
        there = np.flatnonzero(np.isfinite(found))
        held[at.groups[there], 0, self._index(batch).to_numpy()[there]] = found[there]
        state.set_numbers(places, held)
        return self._wide(state, periods.due(state, _INSTANT))

    def finish(self, state: State, now: datetime) -> Batch:
        """The rows that are left."""
        return self._wide(state, periods.all_places(state))

    def _fresh(self) -> Floats:
        return np.full((1, len(self.columns)), np.nan)

    def _known(self, batch: Batch, state: State) -> Batch:
        known = pc.is_valid(self._index(batch))
        state.refuse(
            batch.filter(pc.invert(known)), f"the name is none of {', '.join(self.columns)}"
        )
        return batch.filter(known)

    def _index(self, batch: Batch) -> Array:
        """Which column each row's value belongs to."""
        names = batch.column(self.names).cast(pa.string())
        return pc.index_in(names, value_set=pa.array(self.columns, pa.string()))

    def _wide(self, state: State, places: Sequence[Place]) -> Batch:
        held = state.numbers([HELD + place.name for place in places], self._fresh())
        periods.forget(state, places)
        times = np.array([place.start for place in places], np.int64)
        columns: dict[str, Array] = {
            TIME: from_micros(times),
            KEY: pa.array([place.key for place in places], pa.string()),
        }
        columns |= {name: numbers(held[:, 0, n]) for n, name in enumerate(self.columns)}
        return Batch(pa.RecordBatch.from_pydict(columns))
