"""`join`: flows side by side in event time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from amml_language.tree import Duration
from amml_progress._shared.newest import Places, newest
from amml_progress._shared.recent import Recent
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, handed
from amml_runtime.errors import WorkflowFault
from amml_runtime.event_time import Times, micros, reached, timed
from amml_runtime.spec import InputSpec
from amml_runtime.state import State

KINDS = ("inner", "left", "outer")
_SIDES = "sides"
_NEWEST = "newest"
_MAIN = "rows"
_END = int(np.iinfo(np.int64).max)


class Flows(Protocol):
    """What the step reads (`handed("step")`)."""

    @property
    def inputs(self) -> Sequence[InputSpec]:
        """The first flow, and the others as sides."""
        ...


@dataclass(frozen=True)
class Join(AbstractProgress):
    """Set flows that were sampled at different times side by side, by key and event time.

    Without arguments `join` is no component: it merges flows, row by row. With them it stands after
    a group too, and gives each row of the first flow the newest row of every other one.

    Parameters:
        within: how old a row of another flow may be.
        how: which rows are left: "left", every row of the first flow, with nulls where another
            has none; "inner", those for which every other flow has one; "outer", as "left", and
            besides, with nulls for the first flow, the rows of others that no row took.
    Adds: the columns of the other flows, with their metadata. A name that is taken already is
        preceded by the label of the flow's last step, as in `co2_value`. `_time` and `_key` are
        the first flow's. What comes out follows from event time alone, in whatever order the
        flows arrive; an endless flow is waited for `--set join.wait=10s`, and no longer.
    Errors: E214, another `how`, or a negative `within`; rows without a time go to the dead letters.
    Source: the as-of join of kdb+ (aj); Begoli et al. (2019), One SQL to rule them all.

    >>> run("join within=10m", temp=[20.5, 21.0], _time=[600_000_000, 1800_000_000],
    ...     beside={"co2": {"_time": [540_000_000, 660_000_000], "ppm": [400, 420]}})["ppm"]
    [400, None]
    """

    aligned = True
    joins = True

    within: Duration
    how: str = "left"
    at: Flows = handed("step")

    def __post_init__(self) -> None:
        if self.within.microseconds < 0:
            raise ValueError("`within` must not be negative")
        if self.how not in KINDS:
            raise ValueError(f"`how` is {self.how!r}, one of {', '.join(KINDS)}")

    def event(self, batch: Batch, state: State, now: datetime, of: str) -> Batch | None:
        """Rows of another flow, for the rows of the first that come at their time or after."""
        batch = timed(batch, state)
        schema = batch.schema.serialize().to_pybytes()
        known = dict(state.get(_SIDES) or {})
        if known.get(of) != schema:
            state[_SIDES] = {**known, of: schema}
        _recent(state, of).add(batch)
        return None

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows of the first flow, each with the newest of the others."""
        batch = timed(batch, state)
        sides = {label: _side(state, label) for label in self._labels(state)}
        found = {label: newest(batch, side, self._within) for label, side in sides.items()}
        joined = _beside(batch, sides, found)
        if not batch.rows:
            return joined
        times = micros(batch.times)
        newest_so_far = np.maximum.accumulate([state.get(_NEWEST, times[0]), *times])[1:]
        state[_NEWEST] = int(newest_so_far[-1])
        if self.how == "outer":
            Recent(state, _MAIN).add(batch)
            return self._with_left_over(state, joined, newest_so_far)
        for label in sides:
            _recent(state, label).forget(self._oldest(state))
        return joined if self.how == "left" else self._matched(joined, found)

    def finish(self, state: State, now: datetime) -> Batch | None:
        """Of an outer join the rows of other flows that were never taken."""
        if self.how != "outer":
            return None
        main = Recent(state, _MAIN).rows()
        sides = {label: _side(state, label).slice(0, 0) for label in self._labels(state)}
        like = _beside(main.slice(0, 0), sides, {label: np.empty(0, int) for label in sides})
        left = list(self._left_over(state, like, _END))
        return Batch.concat(left) if left else None

    def _labels(self, state: State) -> list[str]:
        """The other flows that gave rows, in the order of the text: names depend on it."""
        order = [each.label for each in getattr(self.at, "inputs", ())]
        known = list(state.get(_SIDES) or {})
        return sorted(known, key=lambda label: order.index(label) if label in order else 0)

    @property
    def _within(self) -> int:
        return self.within.microseconds

    def _oldest(self, state: State) -> int:
        """From when on rows of the other flows may still be taken."""
        return reached(state, state[_NEWEST]) - self._within - state.lateness

    def _matched(self, joined: Batch, found: dict[str, Places]) -> Batch:
        """The rows for which every other flow has one, also those that gave no row at all yet."""
        flows = sum(each.kind == "side" for each in self.at.inputs)
        full = np.full(joined.rows, len(found) == flows)
        for places in found.values():
            full &= places >= 0
        return joined.filter(pa.array(full))

    def _with_left_over(self, state: State, joined: Batch, newest_so_far: Times) -> Batch:
        """The rows, and where time has passed them, those of other flows that no row took.

        Each stands after the row that brought the time, so batches leave no trace.
        """
        batches, places = [joined], [np.arange(joined.rows)]
        for rows in self._left_over(state, joined, self._oldest(state)):
            passed = micros(rows.times) + self._within + state.lateness
            batches.append(rows)
            places.append(np.searchsorted(newest_so_far, passed, side="right"))
        order = np.argsort(np.concatenate(places), kind="stable")
        return Batch.concat(batches).take(pa.array(order))

    def _left_over(self, state: State, like: Batch, before: int) -> Iterator[Batch]:
        """The rows of other flows from before that time that no row took, with these columns."""
        main = Recent(state, _MAIN)
        rows = main.rows()
        for label in sorted(state.get(_SIDES) or {}):
            side = _recent(state, label)
            there = side.rows()
            taken = set(newest(rows, there, self._within).tolist()) if there.rows else set[int]()
            old = micros(there.times) < before
            alone = old & ~np.isin(np.arange(there.rows), list(taken))
            side.forget(before)
            if alone.any():
                names = _names(label, there, rows.names)
                yield _shaped(there.filter(pa.array(alone)), names, like)
        main.forget(before)


def _recent(state: State, label: str) -> Recent:
    return Recent(state, f"side:{label}")


def _side(state: State, label: str) -> Batch:
    """The rows of another flow that are kept; its columns also where there is none."""
    rows = _recent(state, label).rows()
    if rows.rows:
        return rows
    schema = pa.ipc.read_schema(pa.py_buffer(state[_SIDES][label]))
    return Batch(pa.RecordBatch.from_pylist([], schema=schema))


def _names(label: str, side: Batch, taken: list[str]) -> dict[str, str]:
    """What the columns of another flow are called beside those that are there."""
    return {name: f"{label}_{name}" if name in taken else name for name in side.names}


def _beside(batch: Batch, sides: dict[str, Batch], found: dict[str, Places]) -> Batch:
    """The batch with the columns of other flows: of each row those of the row that was found."""
    for label, side in sides.items():
        places = found[label]
        at = pa.array(places, pa.int64(), mask=places < 0)
        for name, new in _names(label, side, batch.names).items():
            if new in batch.names:
                raise WorkflowFault(f"two columns would be called `{new}`: rename one before")
            batch = batch.with_column(new, side.column(name).take(at), side.meta(name))
    return batch


def _shaped(rows: Batch, names: dict[str, str], like: Batch) -> Batch:
    """Rows of another flow with the columns of the result, null where they have none."""
    own: dict[str, Any] = {new: rows.column(name) for name, new in names.items()}
    nulls = {field.name: pa.nulls(rows.rows, field.type) for field in like.schema}
    columns = [own.get(name, nulls[name]) for name in like.names]
    data = [rows.times, rows.keys, *columns]
    return Batch(pa.RecordBatch.from_arrays(data, schema=like.schema))
