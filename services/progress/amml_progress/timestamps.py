"""`timestamps`: the time of each row, and its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow.compute as pc

from amml_language.tree import Duration
from amml_progress._shared.by_key import grouped
from amml_progress._shared.filled import booleans
from amml_progress._shared.held import NEVER, held_of, held_places, in_turn, let_go, put_away
from amml_progress._shared.numbers import check_columns
from amml_progress._shared.ordering import ordered
from amml_progress._shared.times import check_format, check_zone, parse_times
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column
from amml_runtime.event_time import LATE, NO_TIME, from_micros, micros
from amml_runtime.state import State


@dataclass(frozen=True)
class Timestamps(AbstractProgress):
    """Read each row's time from a column, and decide on rows of the future and out of order.

    Parameters:
        of: the column with the time; the `_time` that rows have unless given.
        format: "iso" for ISO 8601, "s", "ms", "us" or "ns" for numbers since 1970, or a pattern
            as "%d/%m/%Y %H:%M".
        tz: the zone of times that name none.
        future: what is done with a row that is ahead of the clock: "keep", "drop", or "clip" it to
            the clock.
        ahead: how far ahead a row may be, as clocks differ.
        late: what is done with a row that is older than its key's newest: "keep", "drop", or
            "sort" it in, for which rows wait as long as `--set timestamps.lateness=5m` says, in
            their own time.
    Adds: nothing; `_time` is the time that was read, the column stays. What is dropped goes to the
        dead letters, "late" or "in the future", and so do a row that comes too late to be sorted
        in, one without time, and a text that is no time, naming column and text.
    Errors: E214, an unknown zone, format or policy; a column that is missing.

    >>> found = run('timestamps of=date, tz="Asia/Seoul"', date=["2016-07-01 09:00"], _time=[None])
    >>> found["_time"][0].isoformat()
    '2016-07-01T00:00:00+00:00'
    """

    of: Column | None = None
    format: str = "iso"
    tz: str = "UTC"
    future: str = "keep"
    ahead: Duration = Duration(60_000_000)
    late: str = "keep"

    def __post_init__(self) -> None:
        check_zone(self.tz)
        check_format(self.format)
        known = {"future": ("keep", "drop", "clip"), "late": ("keep", "drop", "sort")}
        for name, words in known.items():
            if getattr(self, name) not in words:
                found = getattr(self, name)
                raise ValueError(f"`{name}` is {found!r}; it is one of {', '.join(words)}")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows with their times, as far as they go on."""
        batch = self._in_time(self._read(batch, state), state, now)
        return batch if self.late == "keep" else self._in_order(batch, state)

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The rows that still wait, each key's in order."""
        rows = [row for place in held_places(state) for row in sorted(state.pop(place), key=_time)]
        return let_go(rows, state) if rows else None

    def _read(self, batch: Batch, state: State) -> Batch:
        """With the times of the column; what has none is refused."""
        if self.of is None:
            times: Any = batch.times
        else:
            check_columns(batch, [self.of])
            times = parse_times(batch.column(self.of), self.format, self.tz)
            wrong = pc.and_(pc.is_null(times), pc.is_valid(batch.column(self.of)))
            batch = self._without_wrong(batch.with_times(times), wrong, state)
        state.refuse(batch.filter(pc.is_null(batch.times)), NO_TIME)
        return batch.filter(pc.is_valid(batch.times))

    def _without_wrong(self, batch: Batch, wrong: Any, state: State) -> Batch:
        for row in np.flatnonzero(wrong.to_numpy(zero_copy_only=False)).tolist():
            found = batch.column(str(self.of))[row].as_py()
            reason = (
                f"column `{self.of}`: expected a time ({self.format}), found {str(found)[:80]!r}"
            )
            state.refuse(batch.slice(row, 1), reason)
        return batch.filter(pc.invert(wrong))

    def _in_time(self, batch: Batch, state: State, now: datetime) -> Batch:
        """Without what is ahead of the clock, or put back to it."""
        if self.future == "keep":
            return batch
        clock = int(now.timestamp() * 1e6)
        ahead = micros(batch.times) > clock + self.ahead.microseconds
        if self.future == "clip":
            return batch.with_times(from_micros(np.where(ahead, clock, micros(batch.times))))
        state.refuse(batch.filter(booleans(ahead)), "in the future")
        return batch.filter(booleans(~ahead))

    def _in_order(self, batch: Batch, state: State) -> Batch:
        """Each key's rows in order; those that come too late are refused."""
        found = grouped(batch.keys)
        lateness = state.lateness if self.late == "sort" else 0
        memory = state.numbers(found.places, np.array([[np.nan, 0.0]]))
        held = held_of(found, memory[:, 0, 1], state)
        earlier = let_go([row for rows in held.values() for row in rows], state)
        groups = [group for group, rows in held.items() for _ in rows] + found.groups.tolist()
        together = Batch.concat([earlier, batch]) if earlier.rows else batch
        times, newest = micros(together.times), memory[:, 0, 0].tolist()
        turns, late = ordered(
            groups, times.astype(np.float64).tolist(), earlier.rows, newest, lateness
        )
        memory[:, 0, 0] = newest
        state.refuse(together.filter(booleans(late)), LATE)
        memory[:, 0, 1] = put_away(batch, (turns == NEVER) & ~late, found, held, state)
        state.set_numbers(found.places, memory)
        first, rest = together.slice(0, earlier.rows), together.slice(earlier.rows)
        before, after = np.split(turns, [earlier.rows])
        return in_turn(rest, after, first, before, times)[0]


def _time(row: Sequence[Any]) -> int:
    """The time of a row that is held: the first of its columns."""
    return row[1]
