"""A writer that repeats or loses a message: the next step drops the repeat and stops at the gap."""

import pytest
from confluent_kafka import Producer

from amml_runtime import tail, wire
from amml_runtime.batch import Batch
from amml_runtime.component import Origin
from amml_runtime.ledger import Writer
from amml_runtime.state import State

from .steps import LAST, MEAN, Steps

pytestmark = pytest.mark.kafka


def send(steps: Steps, numbers: list[int]) -> None:
    """Write messages as `mean_std` would; number n holds the value n."""
    writer = Writer(State(), 0, 0)
    stamps = [stamp for n in range(6) for stamp in writer.stamps(Origin("raw", 0, n, n + 1), 1)]
    producer = Producer({"bootstrap.servers": steps.kafka})
    for n in numbers:
        for _, message in wire.encode(Batch.from_rows([{"value": float(n)}])):
            headers = stamps[n].headers("identity")
            producer.produce(steps.spec(MEAN).name, message, partition=0, headers=list(headers))
    assert producer.flush(30) == 0


def test_the_next_step_drops_a_repeat_and_stops_at_a_gap(steps: Steps) -> None:
    def values() -> list[float]:
        rows = tail.follow(steps.kafka, steps.spec(LAST).name, last=100, follow=False)
        return [row["value"] for row in rows]

    steps.start(LAST)
    send(steps, [0, 1, 1, 2, 0, 1, 3])
    steps.until(lambda: len(values()) >= 4)
    send(steps, [5])
    steps.until(lambda: bool(steps.exits[LAST]))
    assert steps.exits[LAST] == [2]
    assert "has number 5 for raw[0] 5 to 6, part 0; expected number 4" in steps.log(LAST)
    assert "`amml deploy NAME 'TEXT' --fresh` begins a new run" in steps.log(LAST)
    assert values() == [0, 1, 2, 3]
