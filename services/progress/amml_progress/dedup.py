"""`dedup`: rows that come again."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np

from amml_language.tree import Duration
from amml_progress._shared.by_key import grouped
from amml_progress._shared.filled import booleans
from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.event_time import LATE, micros, timed
from amml_runtime.keys import keys_of
from amml_runtime.state import State

_NEWEST, _SEEN, _LEFT = "newest:", "seen:", "left"
_LEAST = 16  # rows from one forgetting to the next


@dataclass(frozen=True)
class Dedup(AbstractProgress):
    """Leave out rows that were there before.

    Parameters:
        by: the columns that tell a row from the others of its key; all, and its time, unless given.
        within: how far in event time a row and its repeat may lie apart; as long is remembered.
    Adds: nothing. A row is a repeat if a row of its `_key` with the same values in `by`, at most
        `within` before or after it, was let through. One that is older than that before its
        key's newest goes to the dead letters, "late", as what it might repeat is forgotten; so
        does one without time, "no time".
    Errors: E214, `within` is not above 0; a column that is missing.

    >>> run("dedup by=id", _time=[0, 1, 2], id=["a", "b", "a"])["id"]
    ['a', 'b']
    """

    state_depends_on = ("by",)

    by: Columns = ()
    within: Duration = Duration(600_000_000)

    def __post_init__(self) -> None:
        if self.within.microseconds <= 0:
            raise ValueError("`within` has to be above 0")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows that are new."""
        check_columns(batch, self.by)
        batch = timed(batch, state)
        if batch.rows == 0:
            return batch
        places, groups = grouped(batch.keys)
        names = self.by or batch.data.schema.names
        texts = keys_of(batch, names).to_pylist()
        newest = {group: state.get(_NEWEST + place) for group, place in enumerate(places)}
        late: list[bool] = []
        new: list[bool] = []
        within, names_of = self.within.microseconds, list(places)
        for group, time, text in zip(
            groups.tolist(), micros(batch.times).tolist(), texts, strict=True
        ):
            last = newest[group]
            late.append(last is not None and time < last - within)
            new.append(not late[-1] and self._is_new(names_of[group], time, text, state))
            if last is None or time > last:
                newest[group] = time
        for group, place in enumerate(places):
            state[_NEWEST + place] = newest[group]
        self._sweep(sum(new), state)
        state.refuse(batch.filter(booleans(np.array(late))), LATE)
        return batch.filter(booleans(np.array(new)))

    def _is_new(self, place: str, time: int, text: str | None, state: State) -> bool:
        """Whether no row like it was let through nearby; if so, it is remembered."""
        name = f"{_SEEN}{blake2b(repr(text).encode(), digest_size=12).hexdigest()}{place}"
        seen = state.get(name, ())
        if any(abs(time - each) <= self.within.microseconds for each in seen):
            return False
        kept = [each for each in seen if time - each <= 2 * self.within.microseconds]
        state[name] = [*kept, time]
        return True

    def _sweep(self, added: int, state: State) -> None:
        """Forget what no row can repeat any more, each time that the memory may have doubled.

        Counted in rows: one from the future would stop what goes by the newest time.
        """
        left = state.get(_LEFT, _LEAST) - added
        if left <= 0:
            for name in [name for name in state if name.startswith(_SEEN)]:
                place = name[len(_SEEN) + 24 :]
                if max(state[name]) < state[_NEWEST + place] - 2 * self.within.microseconds:
                    del state[name]
            left = max(_LEAST, len(state))
        state[_LEFT] = left
