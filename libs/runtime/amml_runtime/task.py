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
from amml_runtime.client import Aborted, TransactionalProducer
from amml_runtime.errors import Fenced, Unavailable
from amml_runtime.failpoint import FailPoint
from amml_runtime.metrics import Metrics
from amml_runtime.mirror import Mirror
from amml_runtime.output import Outgoing, Output
from amml_runtime.pace import Pace
from amml_runtime.spec import StepSpec
from amml_runtime.state import State
from amml_runtime.step import Result, Step

WAIT_SECONDS = 0.1
TICK_SECONDS = 1.0


class Task:
    """One partition of a step, from its input to its output."""

    def __init__(
        self,
        spec: StepSpec,
        partition: int,
        *,
        step: Step,
        input: Input,
        output: Output,
        producer: TransactionalProducer,
        book: State,
        state: State,
        metrics: Metrics,
        fail_point: FailPoint,
        mirror: Mirror,
    ) -> None:
        self._spec = spec
        self._partition = partition
        self._step = step
        self._input = input
        self._output = output
        self._producer = producer
        self._book = book
        self._state = state
        self._metrics = metrics
        self._reached = fail_point.reached
        self._mirror = mirror
        self._last_commit = self._last_tick = 0.0

    def run(self, stop: Event) -> None:
        """Work until told to stop, or until the partition has ended."""
        while not stop.is_set() and not self._book.get("completed"):
            self.run_once()
            self._mirror.show()
        self._mirror.show(at_once=True)

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
            produce(self._said())
            produce(self._remembered())  # 4

    @contextmanager
    def _transaction(self) -> Generator[Callable[[Iterator[Outgoing]], None]]:
        """A transaction around what is produced inside; state is kept or rolled back with it."""
        self._producer.begin()
        self._reached("after_begin")
        try:
            yield self._produce
            self._reached("before_commit")
            with self._metrics.commit.time():
                self._producer.commit()  # 5
        except (Fenced, Unavailable):
            raise  # not ours to end, or already ended: the next process finds out which
        except Aborted as error:
            print(f"{error}; going back to the last commit", flush=True)
            self._roll_back()
            self._input.rewind()
        except BaseException:
            self._roll_back()
            raise
        else:
            self._reached("after_commit")
            self._state.keep()
            self._book.keep()
            self._last_commit = time.monotonic()

    def _processed(self, chunk: Chunk) -> Iterator[Outgoing]:
        """What a chunk becomes: its rows' messages, and a dead letter for each that was refused."""
        with self._metrics.process.time():
            result = self._do(chunk)
        self._metrics.rows_in.inc(chunk.batch.rows)
        self._metrics.nulled.inc(self._state.take_nulled())
        yield from self._messages(result, chunk)
        yield from self._dead_letters(chunk.refused, chunk)
        self._metrics.dead_letters.inc(len(chunk.unreadable))
        yield from map(self._output.unreadable, chunk.unreadable)
        self._reached("after_produce")

    def _do(self, chunk: Chunk) -> Result:
        if self._spec.mode == "read":
            return Result([chunk.batch] if chunk.batch.rows else [], [])
        if self._spec.mode == "write":
            return self._step.write(chunk)
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

    def _remembered(self) -> Iterator[Outgoing]:
        """The changes of state and position, as records of this task's changelog."""
        topic = self._spec.changelog
        if topic is not None:
            for key, value in changelog.records(self._book, self._state):
                yield Outgoing(topic, self._partition, value, key)

    def _produce(self, messages: Iterator[Outgoing]) -> None:
        for each in messages:
            self._producer.produce(each.topic, each.partition, each.value, each.key, each.headers)

    def _roll_back(self) -> None:
        self._state.roll_back()
        self._book.roll_back()
        self._producer.abort()

    def _tick_is_due(self) -> bool:
        return self._step.ticks and time.monotonic() - self._last_tick >= TICK_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)
