"""Feeds a topic from the auditor's generator, for as long as a test wants."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import orjson
from confluent_kafka import Producer

AUDIT = Path(__file__).parents[1] / "audit"
SEED = 7
KEYS = 40
MOST = 60_000
_TURN = 0.02


@dataclass
class Feeder:
    """Writes the first so many records of the generator, each once, in order.

    Parameters:
        folder: where the generated records are kept, for all feeders of as many partitions.
        rate: records a second.
    """

    kafka: str
    topic: str
    partitions: int
    folder: Path
    rate: int

    def start(self) -> None:
        """Begin to write."""
        self._lines = self._generated().read_bytes().splitlines()
        self._stop = threading.Event()
        self._written = 0
        self._left = -1
        self._thread = threading.Thread(target=self._feed, name="feeder")
        self._thread.start()

    def finish(self) -> int:
        """Stop, wait until all that was sent is kept by the brokers; how many records that is."""
        self._stop.set()
        self._thread.join()
        assert self._left == 0, f"{self._left} records of the input were not taken"
        return self._written

    def _feed(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.kafka,
                "enable.idempotence": True,
                "message.timeout.ms": 0,  # brokers come back
                "linger.ms": 5,
                "log_level": 0,
            }
        )
        begun = time.monotonic()
        while not self._stop.wait(_TURN) and self._written < MOST:
            due = min(MOST, int((time.monotonic() - begun) * self.rate))
            for line in self._lines[self._written : due]:
                row = orjson.loads(line)
                producer.produce(self.topic, line, row["key"], partition=row["part"])
            self._written = due
            producer.poll(0)
        self._left = producer.flush(120)

    def _generated(self) -> Path:
        file = self.folder / f"records-{self.partitions}.jsonl"
        if not file.exists():
            given = {"seed": SEED, "rows": MOST, "keys": KEYS, "partitions": self.partitions}
            words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
            command = [sys.executable, str(AUDIT / "generator.py"), "--file", str(file), *words]
            subprocess.run(command, check=True, capture_output=True)
        return file
