"""The base of components that tell something of each key: of a period, or of all its rows."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from amml_language.numpy_column import from_numpy
from amml_language.tree import Duration
from amml_progress._shared import blocks, periods
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.periods import HELD, Place
from amml_runtime.batch import KEY, TIME, Array, Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.event_time import from_micros, micros
from amml_runtime.packing import Floats
from amml_runtime.state import State

_SUMS = "sums:"


@dataclass(frozen=True)
class Report(AbstractProgress):
    """Gathers the rows of each key and period in blocks, sums the blocks up, and tells the sums.

    Null, NaN and infinity are NaN in a block, and so are the rows that a last block lacks.
    """

    of: Columns
    every: Duration | None = None

    def __post_init__(self) -> None:
        if self.every is not None and self.every.microseconds <= 0:
            raise ValueError("`every` is 0, it must be above 0")

    @abstractmethod
    def fresh(self) -> Floats:
        """The sums of no rows, rows x numbers."""

    @abstractmethod
    def add(self, sums: Floats, values: Floats) -> Floats:
        """The sums of many places with a block for each: places x rows x columns of values."""

    @abstractmethod
    def told(self, sums: Floats, rows: Floats) -> dict[str, Array]:
        """The columns of the report, as many rows for each place, place after place."""

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The reports of the periods that are over."""
        check_numbers(batch, self.of)
        batch, at = periods.filed(batch, state, self.every)
        waiting = [HELD + place for place in at.places]
        values = np.stack([floats(batch.column(name)) for name in self.of], axis=1)
        values = np.where(np.isfinite(values), values, np.nan)
        held = state.numbers(waiting, self._waiting())
        _keep_newest(held, batch, at.groups)
        for full in blocks.filled(held, values, at.groups):
            groups: list[int] = full.groups.tolist()
            sums = [_SUMS + at.places[group] for group in groups]
            state.set_numbers(sums, self.add(state.numbers(sums, self.fresh()), full.values))
        state.set_numbers(waiting, held)
        return self._report(state, periods.due(state, self.every))

    def finish(self, state: State, now: datetime) -> Batch:
        """The reports that are left."""
        return self._report(state, periods.all_places(state))

    def _waiting(self) -> Floats:
        return blocks.fresh(len(self.of))

    def _report(self, state: State, places: Sequence[Place]) -> Batch:
        held = state.numbers([HELD + place.name for place in places], self._waiting())
        sums = state.numbers([_SUMS + place.name for place in places], self.fresh())
        sums = self.add(sums, blocks.waiting(held, len(self.of)))
        periods.forget(state, places, _SUMS)
        told = self.told(sums, blocks.rows_of(held))
        rows = len(next(iter(told.values())))
        of = np.repeat(np.arange(len(places)), rows // max(len(places), 1))
        head = {TIME: _times(places, held), KEY: pa.array([p.key for p in places], pa.string())}
        columns = {name: column.take(from_numpy(of)) for name, column in head.items()}
        return Batch(pa.RecordBatch.from_pydict({**columns, **told}))


def numbers(values: Floats) -> Array:
    """A column of numbers, null for NaN."""
    return from_numpy(values.ravel(), np.isnan(values.ravel()))


def words(values: Sequence[str], times: int) -> Array:
    """A column of the same words again and again."""
    return pa.array([*values] * times, pa.string())


def by_column(values: Floats) -> Floats:
    """Blocks with their rows last, a block for each column: summing up goes along memory."""
    return np.ascontiguousarray(values.transpose(0, 2, 1))


def _keep_newest(held: Floats, batch: Batch, groups: Any) -> None:
    timed = batch.times.is_valid().to_numpy(zero_copy_only=False)
    times = micros(batch.times.drop_null()).astype(np.float64)
    np.maximum.at(blocks.newest_of(held), groups[timed], times)


def _times(places: Sequence[Place], held: Floats) -> Array:
    """The start of each one's period; without periods its newest time."""
    newest = blocks.newest_of(held)
    known = np.array([p.start is not None for p in places], bool) | np.isfinite(newest)
    times = [
        int(n) if p.start is None else p.start
        for p, n in zip(places, np.where(known, newest, 0), strict=True)
    ]
    return from_micros(np.array(times, np.int64), known)
