"""The task loop: rows from topic to topic, each taking effect exactly once.

A task is one partition of a step: its inputs, its state, its changelog, its transactional id.
Outputs, dead letters, state and position leave in one Kafka transaction.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

from amml_runtime import changelog
from amml_runtime.batch import Refusal
from amml_runtime.chunk import Chunk, Input
from amml_runtime.client import Aborted, OutcomeUnknown
from amml_runtime.connections import Connections
from amml_runtime.errors import Fenced, StepError, Unavailable, WorkflowFault
from amml_runtime.failpoint import FailPoint
from amml_runtime.fused import Fused
from amml_runtime.metrics import Metrics
from amml_runtime.mirror import Mirror
from amml_runtime.output import Outgoing, Output
from amml_runtime.pace import Pace
from amml_runtime.progress import END
from amml_runtime.spec import StepSpec
from amml_runtime.state import State
from amml_runtime.step import Result, Step
from amml_runtime.wire import MAX_BYTES

WAIT_SECONDS = 0.1
TICK_SECONDS = 1.0
MOST_ABORTS = 6


class Task:
    """One partition of a step, from its input to its output."""

    def __init__(
        self,
        spec: StepSpec,
        partition: int,
        *,
        input: Input,
        output: Output,
        made: Connections,
        book: State,
        state: State,
        metrics: Metrics,
        fail_point: FailPoint,
        mirror: Mirror,
    ) -> None:
        self._spec = spec
        self._partition = partition
        self._input = input
        self._output = output
        self._producer = made.producer
        self._restorer = made.restorer
        self._aborts = 0
        self._book = book
        self._state = state
        self._metrics = metrics
        self._reached = fail_point.reached
        self._mirror = mirror
        self._last_commit = self._last_tick = 0.0

    def run(self, step: Step | Fused, stop: Event) -> bool:
        """Work until told to stop, or until the partition has ended; whether it has."""
        self._step = step
        while not stop.is_set() and not self._book.get("completed"):
            self.run_once()
            self._mirror.show()
        self._mirror.show(at_once=True)
        return bool(self._book.get("completed"))

    def settle(self) -> None:
        """Before `run`: commit what comes before all reading, such as where "now" is."""
        if self._book.changes() or self._state.changes():
            with self._transaction():
                self._remember()
            if self._aborts:
                raise Unavailable(f"{self._spec.name}: the first transaction was aborted")

    def run_once(self) -> None:
        """Move what has arrived from topic to topic, exactly once.

        1. poll   2. process   3. produce outputs and dead letters
        4. produce state changes, the position among them   5. commit, and only then keep the state
        """
        if not self._input.wait(WAIT_SECONDS) and not self._input.ended and not self._tick_is_due():
            return
        with self._transaction() as produce:
            for chunk in self._input.drain(Pace(self._last_commit)):  # 1
                produce(self._processed(chunk))  # 2, 3
            produce(self._output.come_to(self._input.progress(), self._input.last))
            produce(self._said())
            self._remember()  # 4

    @contextmanager
    def _transaction(self) -> Generator[Callable[[Iterator[Outgoing]], None]]:
        """A transaction around what is produced inside; state is kept or rolled back with it."""
        self._renew()
        self._producer.begin()
        self._reached("after_begin")
        try:
            yield self._produce
            self._reached("before_commit")
            with self._metrics.commit.time():
                self._producer.commit()  # 5
        except (Fenced, OutcomeUnknown):
            raise  # not ours to end, or already ended: the next process finds out which
        except Aborted as error:
            print(f"{error}; going back to the last commit", flush=True)
            self._go_back(error)
        except BaseException as error:
            self._abort_because_of(error)
            raise
        else:
            self._aborts = 0
            self._reached("after_commit")
            self._state.keep()
            self._book.keep()
            self._input.kept()
            self._last_commit = time.monotonic()

    def _processed(self, chunk: Chunk) -> Iterator[Outgoing]:
        """What a chunk becomes: its rows' messages, and a dead letter for each that was refused."""
        if self._step.aligned:
            self._state.reached = self._reached_by_all()
        with self._metrics.process.time():
            result = self._do(chunk)
        self._metrics.rows_in.inc(chunk.batch.rows)
        self._metrics.empty.inc(chunk.empty)
        self._metrics.nulled.inc(result.nulled)
        yield from self._messages(result, chunk)
        yield from self._dead_letters(chunk.refused, chunk)
        self._metrics.dead_letters.inc(len(chunk.unreadable))
        yield from map(self._output.unreadable, chunk.unreadable)
        self._reached("after_produce")

    def _reached_by_all(self) -> int | None:
        """How far all writers have come; of what ends each is heard of, so nothing is forgotten."""
        reached = self._input.progress()
        return -END if reached is None and self._spec.bounded else reached

    def _do(self, chunk: Chunk) -> Result:
        if self._spec.mode == "read":
            return Result([chunk.batch] if chunk.batch.rows else [], [])
        if self._spec.mode == "write":
            return self._step.write(chunk, _now())
        return self._step.process(chunk, _now())

    def _said(self) -> Iterator[Outgoing]:
        """What the component says as time goes by, and at the end; then the end marks."""
        last = Chunk.nothing(self._input.last)
        if self._tick_is_due():
            self._last_tick = time.monotonic()
            yield from self._messages(self._step.tick(_now()), last)
        if self._input.ended:
            yield from self._messages(self._step.finish(_now()), last)
            yield from self._output.ends()
            self._book["completed"] = True

    def _messages(self, result: Result, chunk: Chunk) -> Iterator[Outgoing]:
        for batch in result.batches:
            self._metrics.rows_out.inc(batch.rows)
            yield from self._output.rows(batch, chunk.origin)
        yield from self._dead_letters(result.refused, chunk)

    def _dead_letters(self, refusals: Iterable[Refusal], chunk: Chunk) -> Iterator[Outgoing]:
        for refusal in refusals:
            self._metrics.dead_letters.inc(refusal.rows.rows)
            yield from self._output.refused(refusal, chunk.origin)

    def _remember(self) -> None:
        """Write the changes of state and position as records of this task's changelog."""
        topic = self._spec.changelog
        if topic is None:
            return
        records = list(changelog.records(self._book, self._state))
        for key, value in records:
            if value is not None and len(value) > MAX_BYTES:
                raise WorkflowFault(
                    f"{topic}: what is kept under {key!r} takes {len(value)} bytes, at most "
                    f"{MAX_BYTES} can be"
                )
        self._producer.produce_all(topic, self._partition, records)

    def _produce(self, messages: Iterator[Outgoing]) -> None:
        for each in messages:
            self._producer.produce(each.topic, each.partition, each.value, each.key, each.headers)

    def _renew(self) -> None:
        """After a broken connection: a new epoch, if nobody else has worked here meanwhile."""
        if not self._producer.renew() or self._spec.changelog is None:
            return
        if not changelog.agrees(self._restorer, self._spec.changelog, self._partition, self._book):
            raise Fenced(f"{self._spec.name}: a newer process worked here while this one was away")

    def _go_back(self, error: Aborted) -> None:
        """Abort, and go on from the last commit; not for ever, and ever more slowly."""
        self._aborts += 1
        self._roll_back()
        if self._aborts >= MOST_ABORTS:
            raise Unavailable(f"{error}; {self._aborts} times in a row") from error
        time.sleep(0.1 * 2**self._aborts)
        self._input.rewind()

    def _abort_because_of(self, error: BaseException) -> None:
        """Abort; if even that fails, say so, but let the first error be the one that is told."""
        try:
            self._roll_back()
        except StepError as failed:
            print(f"{failed}, while ending after: {error}", flush=True)

    def _roll_back(self) -> None:
        self._state.roll_back()
        self._book.roll_back()
        self._producer.abort()

    def _tick_is_due(self) -> bool:
        return self._step.ticks and time.monotonic() - self._last_tick >= TICK_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)
