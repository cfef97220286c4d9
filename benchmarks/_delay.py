"""Latency: five hops under a steady load, from a record's sending to a reader at the far end.

python benchmarks/_delay.py KAFKA TOPIC RATE SECONDS     # is the load, a process of its own
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import _data
import _drain
import _steps
import numpy as np
import orjson
from _systems import System, Work
from confluent_kafka import Producer, TopicPartition

from amml_runtime import client, wire
from amml_runtime.admin import create_topics
from amml_runtime.spec import TopicSpec

WARM_SECONDS = 3.0
GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Delay:
    """Milliseconds of the records at one rate; None where the system did not keep up."""

    rate: int
    p50: float | None
    p99: float | None


class Watch:
    """Reads the rows of a topic as they are committed: each one's number, sending and arrival."""

    def __init__(self, kafka: str, topic: str) -> None:
        self._reader = client.consumer(
            kafka, f"{topic}.reader", **{"auto.offset.reset": "earliest", "fetch.wait.max.ms": 10}
        )
        self._reader.assign([TopicPartition(topic, 0, 0)])

    def rows(self) -> Iterator[tuple[int, float, float]]:
        """Those that have come in the last moment."""
        for message in self._reader.consume(1, 0.05) + self._reader.consume(5000, 0):
            value, now = message.value(), time.time()
            if message.error() is not None or value is None:
                continue
            if message.headers():
                data = wire.decode(value).data
                numbers, sent = (data.column(name).to_numpy() for name in ("n", "sent"))
                yield from ((int(n), float(at), now) for n, at in zip(numbers, sent, strict=True))
            else:
                row = orjson.loads(value)
                yield row["n"], row["sent"], now

    def first_after(self, moment: float) -> float:
        """When the first row came that was sent after a moment."""
        end = time.monotonic() + _steps.DEADLINE
        while time.monotonic() < end:
            for _, sent, came in self.rows():
                if sent > moment:
                    return came
        raise _steps.Failed("no row came out in time")

    def close(self) -> None:
        """Read no more."""
        self._reader.close()


def delays(
    system: System, kafka: str, rates: list[int], seconds: float, folder: Path
) -> list[Delay]:
    """Run the chain of a system under each load in turn."""
    with placed(kafka, folder) as work:
        running = system.start(work)
        watch = Watch(kafka, running.target)
        try:
            with load(kafka, work.source, 100, 600):
                watch.first_after(0)
            return [_measured(work, watch, rate, seconds) for rate in rates]
        finally:
            watch.close()
            for process in running.processes:
                process.kill()


@contextmanager
def placed(kafka: str, folder: Path, workload: str = "chain") -> Generator[Work]:
    """Endless work with a topic to send to; all of it is removed afterwards."""
    place = folder / _steps.new_name()
    place.mkdir()
    source = f"{place.name}.in"
    create_topics(kafka, [TopicSpec(source, 1)])
    try:
        yield Work(kafka, place.name, workload, source, 0, 0, place, pin=False)
    finally:
        _drain.remove(kafka, place.name)
        shutil.rmtree(place)


@contextmanager
def load(kafka: str, topic: str, rate: int, seconds: float) -> Generator[None]:
    """A process that sends `rate` records a second; ended with the block at the latest."""
    command = [sys.executable, __file__, kafka, topic, str(rate), str(seconds)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _measured(work: Work, watch: Watch, rate: int, seconds: float) -> Delay:
    began, total = time.time(), WARM_SECONDS + seconds
    last, found = int(rate * total) - 1, list[float]()
    with load(work.kafka, work.source, rate, total):
        while time.time() < began + total + GRACE_SECONDS:
            for number, sent, came in watch.rows():
                if sent > began and number >= rate * WARM_SECONDS:
                    found.append((came - sent) * 1000)
                if sent > began and number >= last:
                    p50, p99 = np.percentile(found, [50, 99])
                    return Delay(rate, float(p50), float(p99))
    return Delay(rate, None, None)


def _send(kafka: str, topic: str, rate: int, seconds: float) -> None:
    """Rows of the block, each with a number and the time it is sent."""
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 1})
    rows = [(key, value[:-1]) for key, value in _data.messages(10_000)]
    began = time.time()
    for number in range(int(rate * seconds)):
        while time.time() < began + number / rate:
            producer.poll(0.0005)
        key, value = rows[number % len(rows)]
        said = b'%s,"n":%d,"sent":%.6f}' % (value, number, time.time())
        _steps.send(producer, topic, said, key=key)
    producer.flush()


if __name__ == "__main__":
    _send(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
