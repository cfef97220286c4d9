"""What is told of each key once a period is over, or at the end of all its rows.

A place in the state belongs to a key and a period. Rows that are not late never belong to a period
that is over, so the reports leave in one order, by period and key, however rows are cut.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from amml_language.tree import Duration
from amml_progress._shared.by_key import Grouped, grouped
from amml_runtime.batch import Batch
from amml_runtime.event_time import micros, on_time, watermark
from amml_runtime.state import State

HELD = "held:"  # before a place: what waits there; a component may keep more under other prefixes
_FIRST = "first"  # the start of the earliest period that may be open
_ALL = "all"  # in the place of a start, without periods
_LOOKS = 8  # a lateness, where several periods are open at once


class Place(NamedTuple):
    """A place in the state, the start of its period in microseconds if it has one, its key."""

    name: str
    start: int | None
    key: str | None


def filed(batch: Batch, state: State, every: Duration | None) -> tuple[Batch, Grouped]:
    """The rows that count, and the place of each one's key and period.

    With periods, late rows and rows without a time are refused.
    """
    if every is None:
        return batch, grouped(batch.keys, _ALL)
    batch, _ = on_time(batch, state)
    times = micros(batch.times)
    starts, period = np.unique(times - times % every.microseconds, return_inverse=True)
    names, key = grouped(batch.keys)
    pairs, groups = np.unique(period * len(names) + key, return_inverse=True)
    if len(starts):
        state[_FIRST] = min(int(starts[0]), state.get(_FIRST, int(starts[0])))
    at = zip(*np.divmod(pairs, max(len(names), 1)), strict=True)
    return batch, Grouped([f"{starts[p]}{names[k]}" for p, k in at], groups)


def due(state: State, every: Duration | None) -> list[Place]:
    """The places whose period is over, by period and key.

    All places are looked through for them. So where the lateness keeps several periods open, that
    is done eight times a lateness; the order, and so all that comes out, is the same.
    """
    if every is None or _FIRST not in state:
        return []
    over = watermark(state) - every.microseconds
    several = state.lateness > every.microseconds
    if over - state[_FIRST] < (state.lateness // _LOOKS if several else 0):
        return []
    places = all_places(state)
    found = [place for place in places if place.start is not None and place.start <= over]
    left = [place.start for place in places[len(found) :] if place.start is not None]
    if left:
        state[_FIRST] = left[0]
    else:
        del state[_FIRST]
    return found


def all_places(state: State) -> list[Place]:
    """All places, by period and key."""
    names = [name.removeprefix(HELD) for name in state if name.startswith(HELD)]
    return sorted(map(_place, names), key=lambda p: (p.start or 0, p.key is not None, p.key or ""))


def forget(state: State, places: Sequence[Place], *prefixes: str) -> None:
    """What was told is no longer held."""
    for place in places:
        for prefix in (HELD, *prefixes):
            state.pop(prefix + place.name, None)


def _place(name: str) -> Place:
    start, equals, key = name.partition("=")
    return Place(name, None if start == _ALL else int(start), key if equals else None)
