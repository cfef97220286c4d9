"""`snapshot`: the rows around an event."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from amml_language.tree import Duration
from amml_progress._shared.by_key import grouped
from amml_progress._shared.recent import Recent
from amml_runtime.batch import Batch, Row
from amml_runtime.component import AbstractProgress, Step
from amml_runtime.event_time import Times, from_micros, micros, reached, timed
from amml_runtime.state import State

Spans: TypeAlias = list[list[Any]]  # of a key: from, to, the event's id, its time; in microseconds

_AROUND = "around"
_NEWEST = "newest"
_BEFORE_ALL = -(2**62)


@dataclass(frozen=True)
class Snapshot(AbstractProgress):
    """Cut out the rows around each event, from some time before it to some time after.

    Parameters:
        on: the step whose rows are the events, by its label, here or as "workflow.label"; of an
            alert its beginning.
        before, after: how long before and after an event, the ends included.
    Adds: only rows near an event of their `_key` are left, each once, with `event_id` (of an
        alert its id) and `event_time`. Where snapshots overlap they are one, with the id and the
        time of the event that came first. Which rows they are follows from event time alone, in
        whatever order rows and events arrive.
    Errors: E214, a negative `before` or `after`; rows without a time go to the dead letters.
    Source: Sohn & Kim (2022), AMML, Fig. 7.

    >>> run('snapshot on="co2.watch", before=1m, after=0s', co2=[800, 900, 1200, 1300],
    ...     _time=[0, 60_000_000, 120_000_000, 180_000_000],
    ...     beside={"co2.watch": {"_time": [120_000_000], "alert_id": ["a1"]}})["co2"]
    [900, 1200]
    """

    aligned = True

    on: Step
    before: Duration = Duration(600_000_000)
    after: Duration = Duration(300_000_000)

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            if getattr(self, name).microseconds < 0:
                raise ValueError(f"`{name}` must not be negative")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows near an event that is known by now; all are kept for those to come."""
        batch = timed(batch, state)
        found = _marked(batch, list(self._near(batch, state)))
        recent = Recent(state, _AROUND)
        recent.add(batch)
        if batch.rows:
            newest = int(micros(batch.times).max())
            state[_NEWEST] = max(newest, state.get(_NEWEST, newest))
            recent.forget(self._oldest(state))
        return found

    def event(self, batch: Batch, state: State, now: datetime, of: str) -> Batch | None:
        """The rows of the time before that are still kept."""
        batch = timed(batch, state)
        events = zip(batch.to_rows(), micros(batch.times).tolist(), strict=True)
        outputs = [self._opened(event, time, state) for event, time in events]
        found = [output for output in outputs if output.rows]
        return Batch.concat(found) if found else None

    def _near(self, batch: Batch, state: State) -> Iterator[tuple[int, list[Any]]]:
        """The rows that lie in a span of their key, with it."""
        places, groups = grouped(batch.keys, "on")
        known = {group: state[place] for group, place in enumerate(places) if place in state}
        times = micros(batch.times)
        for row in np.flatnonzero(np.isin(groups, list(known))).tolist():
            for each in known[int(groups[row])]:
                if each[0] <= times[row] <= each[1]:
                    yield row, each

    def _opened(self, event: Row, time: int, state: State) -> Batch:
        """What an event adds: rows in its span, and in none that was there already."""
        if event.get("alert_state", "firing") != "firing":
            return Batch.empty()
        key = event["_key"]
        place = "on" if key is None else f"on={key}"
        before: Spans = state.get(place) or []
        start, end = time - self.before.microseconds, time + self.after.microseconds
        own = [start, end, _id_of(event, time), time]
        touched = [each for each in before if each[0] <= end and start <= each[1]]
        merged = _merged(touched, own)
        kept = [each for each in before if each not in touched and each[1] >= self._oldest(state)]
        state[place] = sorted([*kept, merged])
        return self._rows(state, key, merged, touched)

    def _rows(self, state: State, key: str | None, span: list[Any], told: Spans) -> Batch:
        """The kept rows of a key in a span, without those in the spans that were told before."""
        rows = Recent(state, _AROUND).rows()
        if not rows.rows:
            return rows
        times = micros(rows.times)
        wanted = _within(times, span) & _is_key(rows, key)
        for each in told:
            wanted &= ~_within(times, each)
        return _marked(rows, [(row, span) for row in np.flatnonzero(wanted).tolist()])

    def _oldest(self, state: State) -> int:
        """From when on rows may still be wanted; before the first row, from always."""
        come = reached(state, state.get(_NEWEST, _BEFORE_ALL))
        return come - self.before.microseconds - state.lateness


def _marked(batch: Batch, near: list[tuple[int, list[Any]]]) -> Batch:
    """Those rows, with the event that each is near."""
    rows = batch.take(pa.array([row for row, _ in near], pa.int64()))
    ids = pa.array([span[2] for _, span in near], pa.string())
    times = from_micros(np.array([span[3] for _, span in near], np.int64))
    return rows.with_column("event_id", ids).with_column("event_time", times)


def _merged(touched: Spans, own: list[Any]) -> list[Any]:
    """One span over all of them, named after the event that was there first."""
    spans = [*touched, own]
    return [min(each[0] for each in spans), max(each[1] for each in spans), *spans[0][2:]]


def _within(times: Times, span: list[Any]) -> NDArray[np.bool_]:
    return (times >= span[0]) & (times <= span[1])


def _is_key(rows: Batch, key: str | None) -> NDArray[np.bool_]:
    return np.array([each == key for each in rows.keys.to_pylist()], bool)


def _id_of(event: Row, time: int) -> str:
    """An alert's id, or another that follows from the event."""
    source = orjson.dumps([event["_key"], time])
    return str(event.get("alert_id") or hashlib.sha256(source).hexdigest()[:32])
