"""Windows of event time, for each key: rows go in, and what the watermark has closed comes out.

The state holds a summary for each key and pane that has rows: `12=a` is pane 12 of key a. What the
summaries are of is written down beside them: a changed workflow must not take them for others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared import summaries
from amml_progress._shared.by_key import grouped
from amml_progress._shared.grid import Grid
from amml_progress._shared.numbers import check_numbers, floats, numeric
from amml_progress._shared.summaries import Floats
from amml_runtime.batch import KEY, TIME, TIME_TYPE, Array, Batch, Meta
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import micros, on_time, watermark
from amml_runtime.state import State

Whole: TypeAlias = NDArray[np.int64]
Columns: TypeAlias = dict[str, Meta]  # the columns that are summed up, each with its document

_OF, _OPEN, _NEXT = "of", "open", "next"  # beside the summaries in the state
_NEVER = 2**62
_OTHERS = (
    "the windows that are open are of another length, of other columns or of another scale than "
    "those that the workflow now asks for: deploy it with `--fresh`"
)


class Closed(NamedTuple):
    """Windows that have ended: number and key of each, its summaries, and the columns of these."""

    numbers: Whole
    keys: Sequence[str | None]
    parts: Floats
    columns: Columns


@dataclass(frozen=True)
class TimeWindows:
    """The windows of a grid over some columns; none named are all of numbers."""

    grid: Grid
    of: Sequence[str] = ()

    def through(self, batch: Batch, state: State) -> Closed:
        """Take rows in; the windows that ended by then, by their end and key."""
        columns = self._columns(batch, state)
        batch, _ = on_time(batch, state)
        if not batch.rows:
            return _no_windows(columns)
        self._add(batch, list(columns), state)
        reached = int(self.grid.panes(np.array([watermark(state)]))[0])
        return self._closed(state, (reached - self.grid.width) // self.grid.apart + 1)

    def rest(self, state: State) -> Closed | None:
        """The windows that are still open at the end; None if there never was a row."""
        return self._closed(state, _NEVER) if _OF in state else None

    def _columns(self, batch: Batch, state: State) -> Columns:
        """The columns, settled by the first rows, for whatever comes after them."""
        known = state.get(_OF)
        names = list(self.of) or (list(known["columns"]) if known else numeric(batch))
        check_numbers(batch, names)
        columns: Columns = {name: batch.meta(name) for name in names}
        grid = [self.grid.size, self.grid.step, self.grid.tz]
        if batch.rows and {"grid": grid, "columns": columns} != known:
            if known:
                raise WorkflowFault(_OTHERS)
            state[_OF] = {"grid": grid, "columns": columns}
        return columns

    def _add(self, batch: Batch, names: Sequence[str], state: State) -> None:
        keys, groups = grouped(batch.keys)
        panes, at = np.unique(self.grid.panes(micros(batch.times)), return_inverse=True)
        new = [pane for pane in panes.tolist() if pane not in state.get(_OPEN, [])]
        if new:
            state[_OPEN] = [*state.get(_OPEN, []), *new]
        cells, into = np.unique(at * len(keys) + groups, return_inverse=True)
        named = [f"{pane}" for pane in panes.tolist()]
        if len(named) == 1:
            places = [named[0] + key for key in keys]
        else:
            places = [named[cell // len(keys)] + keys[cell % len(keys)] for cell in cells.tolist()]
        values = np.stack([floats(batch.column(name)) for name in names], axis=1)
        before = state.numbers(places, np.tile(summaries.NOTHING, (len(names), 1)))
        parts = np.concatenate([before, summaries.of_values(values)])
        groups = np.concatenate([np.arange(len(cells)), into])
        state.set_numbers(places, summaries.merged(parts, groups, len(cells)))

    def _closed(self, state: State, end: int) -> Closed:
        """The windows below number `end`, each told once; what no later one needs is forgotten."""
        columns: Columns = state[_OF]["columns"]
        begin = state.get(_NEXT)
        if begin == end:
            return _no_windows(columns)
        state[_NEXT] = end
        last = (end - 1) * self.grid.apart + self.grid.width
        cells = _cells(state, last)
        found = self._windows(cells, begin, end, state, columns)
        for pane, key in cells:
            if pane < end * self.grid.apart:
                del state[f"{pane}{key}"]
        state[_OPEN] = [pane for pane in state.get(_OPEN, []) if pane >= end * self.grid.apart]
        return found

    def _windows(
        self,
        cells: Sequence[tuple[int, str]],
        begin: int | None,
        end: int,
        state: State,
        columns: Columns,
    ) -> Closed:
        """The windows `[begin, end)` out of the panes that they are made of."""
        if not cells:
            return _no_windows(columns)
        panes = np.array([pane for pane, _ in cells])
        keys = sorted({key for _, key in cells})
        place_of = {key: place for place, key in enumerate(keys)}
        owners = np.array([place_of[key] for _, key in cells])
        numbers, members = self._memberships(panes, begin, end)
        order = np.lexsort((panes[members], owners[members], numbers))
        numbers, members = numbers[order], members[order]
        starts = np.diff(numbers, prepend=numbers[:1] - 1) != 0
        starts |= np.diff(owners[members], prepend=-1) != 0
        firsts = np.flatnonzero(starts)
        fresh = np.tile(summaries.NOTHING, (len(columns), 1))
        parts = state.numbers([f"{pane}{key}" for pane, key in cells], fresh)
        found = summaries.merged(parts[members], np.cumsum(starts) - 1, len(firsts))
        named = [keys[owner][1:] if keys[owner] else None for owner in owners[members[firsts]]]
        return Closed(numbers[firsts], named, found, columns)

    def _memberships(self, panes: Whole, begin: int | None, end: int) -> tuple[Whole, Whole]:
        """Each window that a pane is part of, with the pane's place among them all."""
        apart, width = self.grid.apart, self.grid.width
        back = np.arange((width - 1) // apart + 1)[:, None]
        numbers = panes // apart - back
        part = (numbers * apart + width > panes) & (numbers < end)
        if begin is not None:
            part &= numbers >= begin
        return numbers[part], np.nonzero(part)[1]


def table(closed: Closed, times: Whole) -> Batch:
    """A batch with the times and keys of windows, and no other column."""
    stamps = from_numpy(times).view(TIME_TYPE)
    keys = pa.array(closed.keys, pa.string())
    return Batch(pa.RecordBatch.from_arrays([stamps, keys], [TIME, KEY]))


def with_aggregate(batch: Batch, name: str, closed: Closed, of: str, agg: str) -> Batch:
    """With a column that says one aggregate of the column `of`."""
    place = list(closed.columns).index(of)
    values = summaries.aggregate(closed.parts[:, place], agg)
    column: Array = from_numpy(values, ~np.isfinite(values))
    if agg == "count":
        column = column.cast(pa.int64())
    return batch.with_column(
        name, column, closed.columns[of] if agg in summaries.ON_SCALE else None
    )


def with_rows(batch: Batch, name: str, closed: Closed) -> Batch:
    """With a column that says how many rows each window had."""
    return batch.with_column(name, from_numpy(closed.parts[:, 0, summaries.ROWS].astype(np.int64)))


def _no_windows(columns: Columns) -> Closed:
    none = np.empty((0, len(columns), summaries.PARTS))
    return Closed(np.empty(0, np.int64), [], none, columns)


def _cells(state: State, end: int) -> Sequence[tuple[int, str]]:
    """Pane and key of every summary of a pane below `end`."""
    panes = {str(pane): pane for pane in state.get(_OPEN, []) if pane < end}
    if not panes:
        return []
    parted = [place.partition("=") for place in state]
    return [(panes[pane], sign + key) for pane, sign, key in parted if pane in panes]
