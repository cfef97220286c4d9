"""What a task reads from outside: as fast as the source says, from where it had come to."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Portion
from amml_runtime.pace import Pace
from amml_runtime.source_input import SourceInput
from amml_runtime.state import State, Value


@dataclass(frozen=True)
class Tens(AbstractIngress):
    """Three portions of ten rows."""

    rate: float | None = None

    def read(self, position: Value) -> Iterator[Portion]:
        for start in range(position or 0, 30, 10):
            yield Portion(Batch.from_rows([{"x": start}] * 10), start + 10)

    def pace(self) -> float | None:
        return self.rate


def drained(input: SourceInput) -> int:
    return sum(chunk.batch.rows for chunk in input.drain(Pace(0)))


def test_without_a_pace_all_rows_come_at_once() -> None:
    input = SourceInput(Tens(), "tens", State())
    assert input.wait(0)
    assert (drained(input), input.ended) == (30, True)


def test_rows_come_no_faster_than_the_sources_pace() -> None:
    input, start = SourceInput(Tens(rate=100), "tens", State()), time.monotonic()
    rows = 0
    while not input.ended:
        if input.wait(0.02):
            rows += drained(input)
    assert rows == 30
    assert time.monotonic() - start >= 0.3


def test_reading_again_begins_at_the_position_that_was_kept() -> None:
    book = State()
    input = SourceInput(Tens(), "tens", book)
    input.wait(0)
    next(input.drain(Pace(0)))
    book.keep()
    input.rewind()
    input.wait(0)
    (first, *_) = [chunk.batch.column("x")[0].as_py() for chunk in input.drain(Pace(0))]
    assert first == 10
