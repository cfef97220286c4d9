"""`alert`: every row a warning."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime.alerts import SEVERITIES, STATES, At, severity_of
from amml_runtime.batch import KEY, TIME, TIME_TYPE, Batch, Row
from amml_runtime.component import AbstractEgress, Column, handed
from amml_runtime.errors import WorkflowFault
from amml_runtime.records import dump
from amml_runtime.state import State

_LONGEST, _LONGEST_ID = 10_000, 200  # letters that the control API keeps

_SCHEMA = pa.schema(
    [
        *((TIME, TIME_TYPE), (KEY, pa.string()), ("id", pa.string())),
        *((name, pa.string()) for name in ("workflow", "step", "key", "severity", "state")),
        *(("time", TIME_TYPE), ("value", pa.float64()), ("message", pa.string())),
        ("row", pa.string()),
    ]
)


@dataclass(frozen=True)
class Alert(AbstractEgress):
    """Raise an alert for every row; `amml alerts` shows what is open, `amml tail alerts` all.

    Parameters:
        severity: how bad it is: "info", "warning" or "critical" ("warn" and "crit" for short).
        message: what a person should read.
        value: the column whose value the alert shows.
    Adds: instead of the row, a record on the topic `<prefix>.alerts`: `id`, `workflow`, `step`,
        `key`, `severity`, `state` ("firing"), `time`, `value`, `message`, and `row`, all of the row
        as JSON. The `id` follows from workflow, step, run and row, so the same row raises the
        same alert however often it is processed; equal rows of one key and time are one alert.
        Rows with an `alert_id`, as `surveillance` gives them, say themselves which alert they
        are of: `alert_state`, `severity` and `value` are then taken from them where they are there.
    Errors: E214, another severity, a `message` of more than 10,000 letters; a `value` column that
        is missing or holds no numbers. A row goes to the dead letters if its `alert_state` is none
        of pending, firing and resolved, its `severity` none of those above, its key is longer than
        10,000 letters, or its `alert_id` than 200.

    >>> run('alert severity="critical", value=OT', OT=[41.5])["row"]
    ['{"OT":41.5}']
    """

    stateless = True

    severity: str = "warning"
    message: str = ""
    value: Column | None = None
    at: At = handed("step")

    def __post_init__(self) -> None:
        severity_of(self.severity)
        if len(self.message) > _LONGEST:
            raise ValueError(f"`message` is longer than {_LONGEST:,} letters")

    def topic(self, prefix: str) -> str:
        """The topic of all alerts."""
        return f"{prefix}.alerts"

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """An alert for each row."""
        batch = _acceptable(batch, state)
        values = self._values(batch)
        rows = zip(batch.to_rows(), values, strict=True)
        return Batch.from_rows((self._alert(row, value) for row, value in rows), _SCHEMA)

    def _values(self, batch: Batch) -> list[Any]:
        of = self.value
        if of is None:
            tells = "alert_id" in batch.names and "value" in batch.names
            if not tells or not _is_number(batch.column("value").type):
                return [None] * batch.rows
            of = "value"
        if of not in batch.names:
            raise WorkflowFault(f"no column `{of}`; there are: {', '.join(batch.names)}")
        values = batch.column(of)
        if not _is_number(values.type):
            raise WorkflowFault(f"column `{of}` is {values.type}, and numbers are needed")
        return values.cast(pa.float64(), safe=False).to_pylist()

    def _alert(self, row: Row, value: float | None) -> Row:
        time, key = row.pop(TIME), row.pop(KEY)
        content = dump(row)
        told = row if row.get("alert_id") else {}
        return {
            **{TIME: time, KEY: key, "key": key, "time": time},
            "id": str(told.get("alert_id") or self._id(key, time, content)),
            **{"workflow": self.at.workflow, "step": self.at.label},
            "state": told.get("alert_state") or "firing",
            "severity": severity_of(str(told.get("severity") or self.severity)),
            **{"message": self.message, "value": value, "row": content.decode()},
        }

    def _id(self, key: str | None, time: datetime | None, content: bytes) -> str:
        source = [self.at.workflow, self.at.label, self.at.run, key, time]
        return hashlib.sha256(orjson.dumps(source) + content).hexdigest()[:32]


def _acceptable(batch: Batch, state: State) -> Batch:
    """Without the rows whose alert would be kept nowhere."""
    batch = _short(batch, KEY, _LONGEST, state)
    if "alert_id" not in batch.names:
        return batch
    batch = _short(batch, "alert_id", _LONGEST_ID, state)
    batch = _known(batch, "alert_state", STATES.__contains__, STATES, state)
    return _known(batch, "severity", _is_severity, SEVERITIES, state)


def _short(batch: Batch, name: str, most: int, state: State) -> Batch:
    """Without the rows whose text in a column is longer."""
    texts: Any = batch.column(name).cast(pa.string())
    lengths = pc.utf8_length(texts)
    wrong = pc.fill_null(pc.greater(lengths, pa.scalar(most)), pa.scalar(False))
    return _without(batch, wrong, f"`{name}` is longer than {most:,} letters", state)


def _known(
    batch: Batch, name: str, knows: Callable[[str], bool], words: Sequence[str], state: State
) -> Batch:
    """Without the rows that say which alert they are of with a word that there is not."""
    if name not in batch.names:
        return batch
    found = batch.column(name).cast(pa.string())
    right = [word for word in pc.unique(found).to_pylist() if not word or knows(word)]
    known = pc.is_in(found, value_set=pa.array([*right, None], pa.string()))
    wrong = pc.and_(pc.is_valid(batch.column("alert_id")), pc.invert(known))
    return _without(batch, wrong, f"`{name}` is none of {', '.join(words)}", state)


def _is_severity(word: str) -> bool:
    try:
        return bool(severity_of(word))
    except ValueError:
        return False


def _without(batch: Batch, wrong: Any, reason: str, state: State) -> Batch:
    state.refuse(batch.filter(wrong), reason)
    return batch.filter(pc.invert(wrong))


def _is_number(type_: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
    return any(test(type_) for test in tests)
