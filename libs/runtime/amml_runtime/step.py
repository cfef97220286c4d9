"""A component at work: rows in, rows out, and a policy for the rows it cannot process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from amml_language.diagnostics import LanguageError
from amml_runtime.batch import Batch, Refusal
from amml_runtime.chunk import Chunk
from amml_runtime.component import AbstractEgress, AbstractProgress
from amml_runtime.errors import RecordRefused, StepError, WorkflowFault
from amml_runtime.state import State

Policy = Literal["dlq", "stop", "skip"]


@dataclass(frozen=True)
class Result:
    """What a chunk became: batches in order, the rows refused, and how many values were nulled."""

    batches: list[Batch]
    refused: list[Refusal]
    nulled: int = 0


class Step:
    """One component with this task's state.

    `on_error`: a row on which the component fails goes to the dead letters (`dlq`), is left out
    (`skip`) or stops the step (`stop`). Faults of the workflow itself, such as an unknown column,
    always stop it: they would meet every row.
    """

    def __init__(self, component: Any, state: State, on_error: Policy = "dlq") -> None:
        self._component = component
        self._state = state
        self._on_error: Policy = on_error
        self.ticks = type(component).tick is not AbstractProgress.tick
        self.aligned: bool = component.aligned

    def process(self, chunk: Chunk, now: datetime) -> Result:
        """What the component makes of a chunk; its changes of state are in the state's overlay."""
        if chunk.kind in ("side", "event", "table"):
            event = self._component.event
            return self._guarded(lambda b: event(b, self._state, now, chunk.of), chunk.batch)
        process = self._component.process
        return self._guarded(lambda batch: process(batch, self._state, now), chunk.batch)

    def write(self, chunk: Chunk, now: datetime) -> Result:
        """Bring a chunk outside."""
        egress: AbstractEgress = self._component

        def write(batch: Batch) -> None:
            egress.write(batch, chunk.origin)

        return self._guarded(write, chunk.batch)

    def finish(self, now: datetime) -> Result:
        """What is said at the end of the partition."""
        return self._spoken(self._component.finish(self._state, now))

    def tick(self, now: datetime) -> Result:
        """What is said as time goes by."""
        return self._spoken(self._component.tick(self._state, now))

    def _spoken(self, batch: Batch | None) -> Result:
        batches = [batch] if batch is not None and batch.rows else []
        return self._result(batches)

    def _guarded(self, hook: Callable[[Batch], Batch | None], batch: Batch) -> Result:
        batches = self._bisected(hook, batch) if batch.rows else []
        return self._result([b for b in batches if b.rows])

    def _result(self, batches: list[Batch]) -> Result:
        return Result(batches, self._state.take_refused(), self._state.take_nulled())

    def _bisected(self, hook: Callable[[Batch], Batch | None], batch: Batch) -> list[Batch]:
        """The hook's output; where it fails, of the halves, so that one bad row harms no other."""
        try:
            with self._state.savepoint():
                output = hook(batch)
            return [] if output is None else [output]
        except (StepError, LanguageError, MemoryError, OSError):
            raise  # no fault of a row's: the step stops, or is started again
        except Exception as error:
            if batch.rows == 1:
                self._refuse(batch, error)
                return []
        half = batch.rows // 2
        left = self._bisected(hook, batch.slice(0, half))
        return left + self._bisected(hook, batch.slice(half))

    def _refuse(self, row: Batch, error: Exception) -> None:
        reason = (
            error.reason if isinstance(error, RecordRefused) else f"{type(error).__name__}: {error}"
        )
        if self._on_error == "stop":
            raise WorkflowFault(f"{reason}, in the row {row.to_rows()[0]}") from error
        if self._on_error == "dlq":
            self._state.refuse(row, reason)
