"""Reads a topic while it is written, as any reader outside would, and notes when rows arrived."""

import threading
import time
import uuid
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition


@dataclass
class Watcher:
    """What has been committed to a topic, and when it was seen."""

    kafka: str
    topic: str
    partitions: int
    arrivals: list[float] = field(default_factory=list[float])

    def start(self) -> None:
        """Begin to read."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="watcher")
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()

    @property
    def count(self) -> int:
        """How many records have come."""
        return len(self.arrivals)

    def silence(self, since: float) -> float:
        """The longest time without a record from a moment on, to the last one that came."""
        times = [since, *(at for at in self.arrivals if at > since)]
        return max((b - a for a, b in zip(times, times[1:], strict=False)), default=0.0)

    def _read(self) -> None:
        reader = Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": f"watcher-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        places = [TopicPartition(self.topic, p, OFFSET_BEGINNING) for p in range(self.partitions)]
        reader.assign(places)
        while not self._stop.is_set():
            taken = [message for message in reader.consume(500, 0.1) if message.error() is None]
            self.arrivals.extend([time.monotonic()] * len(taken))
        reader.close()
