"""`surveillance`: from a condition on rows to the life of an alert."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from amml_language.datatypes import Type
from amml_language.script import Script
from amml_language.tree import Duration
from amml_progress._shared.by_key import grouped
from amml_runtime.alerts import At, severity_of
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, handed
from amml_runtime.event_time import micros, timed
from amml_runtime.state import State


class Said(NamedTuple):
    """What a row says of an alert."""

    row: int
    id: str
    state: str


@dataclass(frozen=True)
class Surveillance(AbstractProgress):
    """Watch a condition, and say when an alert begins and when it is over.

    Parameters:
        cond: what must not be; where it is null, nothing changes.
        for: how long, in event time, it has to hold without a break: until then the alert is
            pending, and nobody is told.
        clear: what ends an alert; by default, that `cond` is false.
        severity: how bad it is: "info", "warning" or "critical" ("warn" and "crit" for short).
        quiet: how long after an alert was raised no other is raised for the same key.
    Adds: only the rows at which an alert of their `_key` begins or ends are left, with
        `alert_id`, `alert_state` ("firing", then "resolved" under the same id) and `severity`. One
        alert of a key is open at a time. Its id follows from workflow, step, run, key and the
        time at which it began, so a repetition raises no second one.
    Errors: E214, another severity; rows without a time go to the dead letters.
    Source: the life of an alert as in Prometheus (pending, firing, resolved); `clear` is the
        Schmitt trigger (1938).

    >>> run("surveillance cond = co2 > 1000, clear = co2 < 900", co2=[800, 1200, 950, 850],
    ...     _time=[0, 60_000_000, 120_000_000, 180_000_000])["alert_state"]
    ['firing', 'resolved']
    """

    cond: Script
    for_: Duration = Duration(0)
    clear: Script | None = None
    severity: str = "warning"
    quiet: Duration = Duration(0)
    at: At = handed("step")

    def __post_init__(self) -> None:
        severity_of(self.severity)

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows at which an alert begins or ends."""
        batch = timed(batch, state)
        holds, clear = self._verdicts(batch, state)
        said = list(self._lives(batch, state, holds, clear))
        rows = batch.take(pa.array([each.row for each in said], pa.int64()))
        severity = severity_of(self.severity)
        rows = rows.with_column("alert_id", pa.array([each.id for each in said], pa.string()))
        rows = rows.with_column("alert_state", pa.array([each.state for each in said], pa.string()))
        return rows.with_column("severity", pa.array([severity] * len(said), pa.string()))

    def _verdicts(self, batch: Batch, state: State) -> tuple[list[Any], list[Any]]:
        """For each row whether the condition holds, and whether it is clear that it is over."""
        found = self.cond.run(batch.data, Type.BOOLEAN)
        state.count_nulled(found.nulled)
        holds = found.values.to_pylist()
        if self.clear is None:
            return holds, [each is False for each in holds]
        clear = self.clear.run(batch.data, Type.BOOLEAN)
        state.count_nulled(clear.nulled)
        return holds, clear.values.to_pylist()

    def _lives(
        self, batch: Batch, state: State, holds: list[Any], clear: list[Any]
    ) -> Iterator[Said]:
        """What is said of the alerts of each key; keys at peace cost nothing."""
        places, groups = grouped(batch.keys)
        troubled = np.array([place in state for place in places], bool)
        troubled[groups[np.array([each is True for each in holds], bool)]] = True
        times = micros(batch.times)
        for row in np.flatnonzero(troubled[groups]).tolist() if batch.rows else ():
            place = places[int(groups[row])]
            life: dict[str, Any] = state.get(place) or {}
            after, told = self._next(life, int(times[row]), holds[row], clear[row])
            if told == "firing":
                after = {**after, "id": self._id(batch.keys[row].as_py(), int(times[row]))}
            if after != life:
                _put(state, place, after)
            if told:
                yield Said(row, {**life, **after}["id"], told)

    def _next(
        self, life: dict[str, Any], time: int, holds: Any, clear: Any
    ) -> tuple[dict[str, Any], str]:
        """What becomes of a key's alert with one more row, and what is to be said of it.

        `since` is when the condition began to hold, `id` what was raised, `calm` until when
        nothing is raised.
        """
        if "id" in life:
            return (_calm(life, time), "resolved") if clear and not holds else (life, "")
        if holds is False:
            return _calm(life, time), ""
        if not holds:
            return life, ""
        since = life.get("since", time)
        if time - since < self.for_.microseconds or time < life.get("calm", time):
            return {**life, "since": since}, ""
        return {"since": since, "calm": time + self.quiet.microseconds}, "firing"

    def _id(self, key: str | None, time: int) -> str:
        source = [self.at.workflow, self.at.label, self.at.run, key, time]
        return hashlib.sha256(orjson.dumps(source)).hexdigest()[:32]


def _calm(life: dict[str, Any], time: int) -> dict[str, Any]:
    """What is remembered of a key that is at peace: how long to be quiet, if at all."""
    return {"calm": life["calm"]} if life.get("calm", time) > time else {}


def _put(state: State, place: str, life: dict[str, Any]) -> None:
    if life:
        state[place] = life
    else:
        state.pop(place, None)
