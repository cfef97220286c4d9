"""Rows with holes held back, by their keys, until the holes can be bridged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.bridging import HEAD, Line, bridged, neighbours, turns
from amml_progress._shared.by_key import grouped
from amml_progress._shared.filled import matrix, with_filled
from amml_progress._shared.held import (
    HELD,
    NEVER,
    held_of,
    held_places,
    in_turn,
    let_go,
    put_away,
)
from amml_progress._shared.numbers import numeric
from amml_runtime.batch import Batch
from amml_runtime.event_time import micros, timed
from amml_runtime.state import State

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def process(batch: Batch, state: State, names: Sequence[str], spline: bool, most: int) -> Batch:
    """The rows that go on now, filled; the others are held."""
    batch = timed(batch, state)
    if batch.rows == 0 or not names:
        return with_filled(batch, names, matrix(batch, names))
    places, groups = found = grouped(batch.keys)
    known = state.numbers(places, _fresh(names))
    held = held_of(found, known[:, -1, 0], state)
    earlier = let_go([row for rows in held.values() for row in rows], state)
    before = np.repeat(list(held), [len(rows) for rows in held.values()]).astype(np.int64)
    together = Batch.concat([earlier, batch]) if earlier.rows else batch
    laid = _laid(together, names, np.concatenate([before, groups]), known)
    around = [neighbours(laid.line, column) for column in range(len(names))]
    turn = turns(laid.line, around, spline, most)
    columns = [bridged(laid.line, at, near, turn, spline) for at, near in enumerate(around)]
    when = laid.rows_of(turn) - earlier.rows
    stays = laid.rows_of(turn) == NEVER
    when[stays] = NEVER
    _remember(laid, known, stays, [near.before for near in around])
    filled = with_filled(together, names, laid.at(np.stack(columns, axis=1)))
    known[:, -1, 0] = put_away(batch, stays, found, held, state)
    state.set_numbers(places, known)
    first = filled.slice(0, earlier.rows)
    return in_turn(filled.slice(earlier.rows), when[earlier.rows :], first, when[: earlier.rows])[0]


def finish(state: State, of: Sequence[str], spline: bool) -> Batch | None:
    """All rows that are held, bridged as far as can be."""
    names_of_places = held_places(state)
    held = [state[place] for place in names_of_places]
    if not held:
        return None
    batch = let_go([row for rows in held for row in rows], state)
    names = of or numeric(batch)
    groups = np.repeat(np.arange(len(held)), [len(rows) for rows in held])
    places = [place.removeprefix(HELD) for place in names_of_places]
    laid = _laid(batch, names, groups, state.numbers(places, _fresh(names)))
    around = [neighbours(laid.line, column) for column in range(len(names))]
    all_come = laid.line.ends - 1
    columns = [bridged(laid.line, at, near, all_come, spline) for at, near in enumerate(around)]
    for place in names_of_places:
        del state[place]
    return with_filled(batch, names, laid.at(np.stack(columns, axis=1)))


def _fresh(names: Sequence[str]) -> Floats:
    """Of each column the times and values of the two newest; at last how many rows are held."""
    fresh = np.full((len(names) + 1, 4), np.nan)
    fresh[-1] = 0
    return fresh


@dataclass(frozen=True)
class _Laid:
    """Rows on a line: the place of each on it, the group of each, and the line."""

    line: Line
    places: Whole
    groups: Whole

    def at(self, values: Floats) -> Floats:
        """What stands at the rows' places."""
        return values[self.places]

    def rows_of(self, turn: Whole) -> Whole:
        """Of each row the number of the row it waits for; NEVER where that is past the end."""
        rows = np.full(len(turn) + 1, NEVER)
        rows[self.places] = np.arange(len(self.places))
        mine = turn[self.places]
        return np.where(mine < self.line.ends[self.places], rows[mine], NEVER)


def _laid(batch: Batch, names: Sequence[str], groups: Whole, known: Floats) -> _Laid:
    sizes = np.bincount(groups, minlength=len(known)) + HEAD
    starts = np.cumsum(sizes) - sizes
    order = np.argsort(groups, kind="stable")
    places = np.empty(batch.rows, np.int64)
    places[order] = np.arange(batch.rows) + HEAD * (groups[order] + 1)
    times = np.empty((int(sizes.sum()), len(names)))
    values = np.empty_like(times)
    times[places] = micros(batch.times)[:, None]
    values[places] = matrix(batch, names)
    for number in range(HEAD):
        times[starts + number] = known[:, :-1, 2 * number]
        values[starts + number] = known[:, :-1, 2 * number + 1]
    line = Line(np.repeat(starts, sizes), np.repeat(starts + sizes, sizes), times, values)
    return _Laid(line, places, groups)


def _remember(
    laid: _Laid, known: Floats, stays: NDArray[np.bool_], before: Sequence[Whole]
) -> None:
    """Write down the two newest values of each column up to the last row that goes on."""
    line = laid.line
    first = np.unique(line.starts)
    stop = line.ends[first].copy()
    np.minimum.at(stop, laid.groups[stays], laid.places[stays])
    last = stop - 1
    for column, earlier in enumerate(before):
        newer = np.where(np.isnan(line.values[last, column]), earlier[last], last)
        older = np.where(newer >= 0, earlier[newer], -1)
        for number, places in enumerate((older, newer)):
            there = places >= 0
            known[there, column, 2 * number] = line.times[places[there], column]
            known[there, column, 2 * number + 1] = line.values[places[there], column]
