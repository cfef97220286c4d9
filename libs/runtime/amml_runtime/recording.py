"""Topics as a bystander sees them: read to their end, watched as they grow, played again.

It owns no group's offsets and writes to no topic but those it is told to play into.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    Message,
    Producer,
    TopicPartition,
)

from amml_runtime import changelog, client, wire
from amml_runtime.errors import Unavailable
from amml_runtime.kafka_security import reaching
from amml_runtime.wire import Headers

SILENCE_SECONDS = 30.0


class Record(NamedTuple):
    """A committed message as it stands in its topic."""

    topic: str
    partition: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def is_end_mark(self) -> bool:
        """Whether it only says that a writer has ended."""
        return any(name == "amml-eos" for name, _ in self.headers)

    @property
    def rows(self) -> int:
        """How many rows it holds: a batch's, or one."""
        if self.is_end_mark:
            return 0
        arrow = any(name == "amml-v" for name, _ in self.headers)
        return wire.decode(self.value or b"").rows if arrow else 1


def committed(bootstrap: str, topics: Mapping[str, int], last: int | None = None) -> list[Record]:
    """Every committed record of some topics up to their ends now, each partition in order.

    Parameters:
        topics: how many partitions each has.
        last: of each partition only so many offsets before its end; None: all.
    Errors: Unavailable, Kafka is silent.
    """
    reader = _reader(bootstrap)
    try:
        return [
            _record(message)
            for topic, partitions in topics.items()
            for partition in range(partitions)
            for message in changelog.committed(
                reader, topic, partition, _first(reader, topic, partition, last)
            )
        ]
    finally:
        reader.close()


class Watcher(threading.Thread):
    """Notes, while topics grow, how many rows each holds, and when records of it were committed.

    Attributes:
        rows: for each topic, the committed rows.
        commits: for each partition, when its records were written and when they could be read.
        last: when anything arrived, in seconds of the epoch.
    """

    def __init__(self, bootstrap: str, topics: Mapping[str, int]) -> None:
        super().__init__(daemon=True, name="watcher")
        self._reader = _reader(bootstrap)
        self._ending = threading.Event()
        self.rows = Counter[str]()
        self.commits: dict[tuple[str, int], list[tuple[float, float]]] = {}
        self.last = time.time()
        self._reader.assign(
            [TopicPartition(topic, p, 0) for topic, n in topics.items() for p in range(n)]
        )

    def run(self) -> None:
        """Until told to stop."""
        while not self._ending.is_set():
            for message in self._reader.consume(100, timeout=0.05):
                if message.error() is None:
                    self._note(_record(message))
        self._reader.close()

    def stop(self) -> None:
        """Watch no more."""
        self._ending.set()
        self.join()

    def first_after(self, place: tuple[str, int], moment: float) -> float | None:
        """When the first record of a partition that was written after a moment could be read."""
        seen = self.commits.get(place, [])
        return next((at for written, at in seen if written > moment), None)

    def _note(self, record: Record) -> None:
        self.last = time.time()
        self.rows[record.topic] += record.rows
        seen = self.commits.setdefault((record.topic, record.partition), [])
        seen.append((record.timestamp_ms / 1000, self.last))


def play(
    bootstrap: str,
    records: Sequence[Record],
    into: str,
    seconds: float,
    stop: threading.Event,
) -> None:
    """Write records into another topic, spread over some seconds, with their own times.

    Errors: Unavailable, they could not all be written.
    """
    producer = Producer({**reaching(bootstrap), "enable.idempotence": True, "log_level": 2})
    begin = time.monotonic()
    for number, record in enumerate(records):
        ahead = begin + seconds * number / len(records) - time.monotonic()
        if ahead > 0.02:
            producer.poll(0)
            stop.wait(ahead)
        if stop.is_set():
            break
        _send(producer, record, into)
    if producer.flush(SILENCE_SECONDS):
        raise Unavailable(f"{into}: Kafka is silent")


def _send(producer: Producer, record: Record, into: str) -> None:
    while True:
        try:
            producer.produce(
                into,
                record.value,
                record.key,
                partition=record.partition,
                timestamp=record.timestamp_ms,
                headers=list(record.headers),
            )
            return
        except BufferError:
            producer.poll(0.1)


def _reader(bootstrap: str) -> Consumer:
    group = f"amml-recording-{uuid.uuid4().hex}"
    quick = {"fetch.wait.max.ms": 10, "enable.partition.eof": True}
    return client.consumer(bootstrap, group, **quick)


def _first(reader: Consumer, topic: str, partition: int, last: int | None) -> int:
    """Where to begin, so that at most `last` offsets are read."""
    low, end = client.bounds(reader, TopicPartition(topic, partition))
    return OFFSET_BEGINNING if last is None else max(low, end - last)


def _record(message: Message) -> Record:
    found = message.headers() or ()
    headers = [(str(name), value) for name, value in found if isinstance(value, bytes)]
    topic, partition = str(message.topic()), int(message.partition() or 0)
    return Record(topic, partition, message.timestamp()[1], message.key(), message.value(), headers)
