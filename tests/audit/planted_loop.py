"""A little consume-process-produce loop, on which the auditor is tried before it is believed.

It computes a running mean per key, from JSON to JSON, with its state and position in a changelog,
with dead letters and a file of attempts: all that the auditor looks at. It makes no mistake by
itself; one batch, the last of partition 0, is handed to a function that does.
"""

import json
import math
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgpack
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from generator import Input, records, write_topic

BATCHES = 4  # a partition
TIMEOUT = 30.0

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Messages of one partition, and the offset after them."""

    partition: int
    messages: list[Message]
    next: int


@dataclass
class Loop:
    """One run over an input, on topics of its own."""

    kafka: str
    folder: Path
    isolation: str = "read_committed"
    input: Input = field(default_factory=lambda: Input(7, 200, 8, 2, 16))
    name: str = field(default_factory=lambda: f"planted.{uuid.uuid4().hex[:10]}")
    state: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    attempts: int = 0

    def topic(self, kind: str) -> str:
        """The name of one of its topics: `raw`, `out`, `state` or `dlq`."""
        return f"{self.name}.{kind}"

    def case(self) -> dict[str, Any]:
        """What the auditor is told."""
        reads, changelog = [self.topic("raw")], self.topic("state")
        mean = {"name": "running_mean"}
        return {
            "kafka": self.kafka,
            "inputs": [{"topic": self.topic("raw"), **vars(self.input)}],
            "outputs": [{"topic": self.topic("out"), "format": "json", "expect": mean}],
            "steps": [{"name": self.name, "reads": reads, "changelog": changelog}],
            "states": [{"changelog": changelog, "fold": mean}],
            "dead_letters": {"topic": self.topic("dlq")},
            "attempts": str(self.folder / "attempts"),
            "empty_folders": [str(self.folder / "staging")],
        }

    def prepare(self) -> None:
        """Make the topics and the input."""
        for folder in ("attempts", "staging"):
            (self.folder / folder).mkdir()
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        new = [NewTopic(self.topic(kind), 2) for kind in ("out", "state", "dlq")]
        for made in admin.create_topics(new).values():
            made.result(TIMEOUT)
        write_topic(self.kafka, self.topic("raw"), self.input)
        self._file = self.folder / "attempts" / "loop.jsonl"
        self._producer = self.producer("loop")
        self._consumer = Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": self.name,
                "isolation.level": self.isolation,
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 5,
            }
        )

    def run(self, mistake: "Callable[[Loop, Batch], None] | None" = None) -> None:
        """Work through the input; a mistake is made with the last batch of partition 0."""
        for partition in range(self.input.partitions):
            *batches, last = self._batches(partition)
            for batch in batches:
                self.work(batch)
            (mistake if mistake and partition == 0 else Loop.work)(self, last)

    def work(self, batch: Batch) -> None:
        """All as it should be."""
        rows, poison = self.process(batch)
        self.write(batch, rows, poison)

    def process(self, batch: Batch) -> tuple[list[Row], list[bytes]]:
        """Rows with mean and deviation so far, which is remembered; and what is no row."""
        rows: list[Row] = []
        poison: list[bytes] = []
        for message in batch.messages:
            value = message.value() or b""
            try:
                row = json.loads(value)
                kept = self.state.setdefault(row["key"], [0.0, row["value"], 0.0, 0.0])
            except (ValueError, TypeError):
                poison.append(value)
                continue
            rows.append({**row, **_taken_in(kept, row["value"])})
        return rows, poison

    def write(
        self,
        batch: Batch,
        rows: list[Row],
        poison: list[bytes] | None = None,
        *,
        at: int | None = None,
        claims: int = 0,
        ends: str = "committed",
        says: str = "",
    ) -> None:
        """One transaction: rows, dead letters, state and position.

        Parameters:
            at: the position, the batch's end unless given; below 0 it is not written.
            claims: how many rows the file of attempts is told of beyond those written.
            ends: `committed` or `aborted`; `says` what the file of attempts is told instead.
        """
        self.attempts += 1
        at = batch.next if at is None else at
        wrote = {self.topic("out"): len(rows) + claims}
        self._note("begun", {})
        self._producer.begin_transaction()
        for row in rows:
            self.send("out", json.dumps(row).encode(), row["key"], batch.partition)
        for value in poison or ():
            self.send("dlq", value, None, 0)
        if at >= 0:
            for key, kept in self.state.items():
                self.send("state", msgpack.packb([kept]), f"s:={key}", 0)
            place = f"t:at:{self.topic('raw')}:{batch.partition}"
            self.send("state", msgpack.packb(at), place, batch.partition)
        self._note("committing", wrote)
        if ends == "aborted":
            self._producer.abort_transaction(TIMEOUT)
        else:
            self._producer.commit_transaction(TIMEOUT)
            self.show(batch, at)
        self._note(says or ends, wrote)

    def show(self, batch: Batch, at: int) -> None:
        """Tell the consumer group where the loop is."""
        if at >= 0:
            place = TopicPartition(self.topic("raw"), batch.partition, at)
            self._consumer.commit(offsets=[place], asynchronous=False)

    def send(self, kind: str, value: Any, key: str | None, partition: int) -> None:
        """A message of the transaction, with the attempt's id."""
        headers: Any = [("amml-attempt", f"loop.{self.attempts}".encode())]
        self._producer.produce(self.topic(kind), value, key, partition=partition, headers=headers)

    def producer(self, name: str) -> Producer:
        """A producer with a transactional id of its own."""
        made = Producer(
            {
                "bootstrap.servers": self.kafka,
                "transactional.id": f"{self.name}.{name}",
                "retry.backoff.ms": 5,
                "log_level": 0,
            }
        )
        made.init_transactions(TIMEOUT)
        return made

    def remove(self) -> None:
        """Leave nothing on the broker."""
        self._consumer.close()
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        topics = [self.topic(kind) for kind in ("raw", "out", "state", "dlq")]
        for gone in admin.delete_topics(topics).values():
            gone.result(TIMEOUT)
        for gone in admin.delete_consumer_groups([self.name]).values():
            gone.exception(TIMEOUT)

    def _batches(self, partition: int) -> Iterator[Batch]:
        """The partition's messages, to the end of the input."""
        self._consumer.assign([TopicPartition(self.topic("raw"), partition, OFFSET_BEGINNING)])
        left = sum(record.partition == partition for record in records(self.input))
        left += self._uncommitted(partition)
        size = math.ceil(left / BATCHES)
        while left > 0:
            messages = self._consumer.consume(min(size, left), TIMEOUT)
            assert messages and not any(message.error() for message in messages)
            left -= len(messages)
            yield Batch(partition, messages, (messages[-1].offset() or 0) + 1)

    def _uncommitted(self, partition: int) -> int:
        """How many messages there are beyond the input that this loop gets to see."""
        return 5 if partition == 0 and self.isolation == "read_uncommitted" else 0

    def _note(self, what: str, wrote: dict[str, int]) -> None:
        said = {"attempt": f"loop.{self.attempts}", "is": what, "wrote": wrote}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")


def _taken_in(kept: list[float], value: float) -> Row:
    """Take a value into count, first value, sum of differences from it, and sum of squares."""
    count, first, total, squares = kept
    before = first + total / count if count else value
    count, total = count + 1, total + value - first
    mean = first + total / count
    squares += (value - before) * (value - mean)
    kept[:] = [count, first, total, squares]
    deviation = (squares / (count - 1)) ** 0.5 if count > 1 else None
    return {"value_mean": mean, "value_std": deviation}
