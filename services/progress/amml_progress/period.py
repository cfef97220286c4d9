"""`period`: how often a sensor sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from amml_language.numpy_column import from_numpy
from amml_progress._shared.by_key import Places, grouped
from amml_progress._shared.held import (
    HELD,
    NEVER,
    HeldRow,
    held_places,
    hold_more,
    in_turn,
    let_go,
)
from amml_progress._shared.sampling import FRESH, learn_all
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.event_time import micros, timed
from amml_runtime.packing import Floats
from amml_runtime.state import State


@dataclass(frozen=True)
class Period(AbstractProgress):
    """Find out how often each sensor sends, from the times of its rows.

    The time between neighbours is sorted into at most 8 modes a key. The period is the greatest
    length of which the modes that cover 95 % of the rows are whole multiples, give or take a
    tenth: missing rows and a clock that jitters do not disturb it, and a new rhythm takes over
    within some hundred rows.

    Parameters:
        learn: the first rows of a key wait until so many times between rows are known, so that
            they have a period too; 0: none waits.
    Adds: `period`, a duration in whole microseconds, for each `_key`; null as long as a key has
        fewer than two rows at different times. Rows that come out of order stay where they are,
        and count only for what is newer than all before. A row without time goes to the dead
        letters, "no time".
    Errors: E214, `learn` is below 0.
    Source: Kyung Hee University's slides on gaps in sensor data; Euclid, Elements VII.2.

    >>> found = run("period learn=1", _time=[0, 1000000, 3000000, 4000000], co2=[4, 5, 7, 8])
    >>> [period.total_seconds() for period in found["period"]]
    [1.0, 1.0, 1.0, 1.0]
    """

    learn: int = 8

    def __post_init__(self) -> None:
        if self.learn < 0:
            raise ValueError(f"`learn` is {self.learn}, it must not be below 0")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows whose period is known, or need not be."""
        batch = timed(batch, state)
        places, groups = grouped(batch.keys)
        memories = state.numbers(places, np.array([FRESH])).reshape(-1, len(FRESH))
        waiting = memories[:, 1] < self.learn
        times = micros(batch.times).astype(np.float64)
        periods, seen = learn_all(memories, groups, times)
        state.set_numbers(places, memories.reshape(-1, 1, len(FRESH)))
        if not waiting.any():
            return _with_period(batch, periods)
        ready = seen >= self.learn
        return self._released(
            batch, state, places, groups, waiting.tolist(), ready.tolist(), periods.tolist()
        )

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The rows that still wait, with what is known by now."""
        rows: list[HeldRow] = []
        periods: list[float] = []
        for place in held_places(state):
            memory = state.numbers([place.removeprefix(HELD)], np.array([FRESH]))
            periods += [float(memory[0, 0, 3])] * len(state[place])
            rows += state[place]
            del state[place]
        return _with_period(let_go(rows, state), periods) if rows else None

    def _released(
        self,
        batch: Batch,
        state: State,
        places: Sequence[str],
        groups: Places,
        waiting: Sequence[bool],
        ready: Sequence[bool],
        periods: Sequence[float],
    ) -> Batch:
        """Rows of keys that were waiting go on in front of the first that waits no longer."""
        first: dict[int, int] = {}
        for row, group in enumerate(groups.tolist()):
            if ready[row]:
                first.setdefault(group, row)
        numbers = groups.tolist()
        until = np.array([first.get(group, NEVER) for group in numbers], np.int64)
        when = np.where(np.array(ready, bool), np.arange(batch.rows), until)
        earlier: list[HeldRow] = []
        turns: list[int] = []
        for group, row in first.items():
            if waiting[group]:
                held = state.pop(HELD + places[group], [])
                earlier += held
                turns += [row] * len(held)
        hold_more(batch, when == NEVER, [f"{HELD}{places[group]}" for group in numbers], state)
        whole, causes = in_turn(batch, when, let_go(earlier, state), turns)
        return _with_period(whole, [periods[row] for row in causes.tolist()])


def _with_period(batch: Batch, periods: Sequence[float] | Floats) -> Batch:
    micros = np.array(periods, np.float64)
    unknown = np.isnan(micros)
    whole = np.where(unknown, 0, micros).astype(np.int64)
    return batch.with_column("period", from_numpy(whole, unknown).cast(pa.duration("us")))
