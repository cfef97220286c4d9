"""`alert`: every row a warning."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
import pyarrow as pa

from amml_runtime.batch import KEY, TIME, TIME_TYPE, Batch, Row
from amml_runtime.component import AbstractEgress, Column, handed
from amml_runtime.errors import WorkflowFault
from amml_runtime.records import dump
from amml_runtime.state import State

SEVERITIES = ("info", "warning", "critical")
_SCHEMA = pa.schema(
    [
        *((TIME, TIME_TYPE), (KEY, pa.string()), ("id", pa.string())),
        *((name, pa.string()) for name in ("workflow", "step", "key", "severity", "state")),
        *(("time", TIME_TYPE), ("value", pa.float64()), ("message", pa.string())),
        ("row", pa.string()),
    ]
)


class At(Protocol):
    """Which step this is (`handed("step")`)."""

    @property
    def workflow(self) -> str:
        """The workflow's name."""
        ...

    @property
    def label(self) -> str:
        """The step's label."""
        ...

    @property
    def run(self) -> int:
        """The number of the workflow's run."""
        ...


@dataclass(frozen=True)
class Alert(AbstractEgress):
    """Raise an alert for every row; alerts are kept, and `amml tail alerts` shows them.

    Parameters:
        severity: how bad it is: "info", "warning" or "critical".
        message: what a person should read.
        value: the column whose value the alert shows.
    Adds: instead of the row, a record on the topic `<prefix>.alerts`: `id`, `workflow`, `step`,
        `key`, `severity`, `state` ("firing"), `time`, `value`, `message`, and `row`, all of the row
        as JSON. The `id` follows from workflow, step, run and row, so the same row raises the
        same alert however often it is processed; equal rows of one key and time are one alert.
    Errors: E214, another severity; a `value` column that is missing or holds no numbers.

    >>> run('alert severity="critical", value=OT', OT=[41.5])["row"]
    ['{"OT":41.5}']
    """

    stateless = True

    severity: str = "warning"
    message: str = ""
    value: Column | None = None
    at: At = handed("step")

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"`severity` is {self.severity!r}, one of {', '.join(SEVERITIES)}")

    def topic(self, prefix: str) -> str:
        """The topic of all alerts."""
        return f"{prefix}.alerts"

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """An alert for each row."""
        values = self._values(batch)
        rows = zip(batch.to_rows(), values, strict=True)
        return Batch.from_rows((self._alert(row, value) for row, value in rows), _SCHEMA)

    def _values(self, batch: Batch) -> list[Any]:
        if self.value is None:
            return [None] * batch.rows
        if self.value not in batch.names:
            raise WorkflowFault(f"no column `{self.value}`; there are: {', '.join(batch.names)}")
        values = batch.column(self.value)
        tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
        if not any(test(values.type) for test in tests):
            raise WorkflowFault(f"column `{self.value}` is {values.type}, and numbers are needed")
        return values.cast(pa.float64(), safe=False).to_pylist()

    def _alert(self, row: Row, value: float | None) -> Row:
        time, key = row.pop(TIME), row.pop(KEY)
        content = dump(row)
        source = [self.at.workflow, self.at.label, self.at.run, key, time]
        digest = hashlib.sha256(orjson.dumps(source) + content).hexdigest()
        return {
            **{TIME: time, KEY: key, "id": digest[:32], "key": key, "time": time},
            **{"workflow": self.at.workflow, "step": self.at.label, "state": "firing"},
            **{"severity": self.severity, "message": self.message, "value": value},
            "row": content.decode(),
        }
