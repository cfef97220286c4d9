"""What is on the broker: every committed message of a topic, and how far each partition goes."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_INVALID,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

TIMEOUT = 30.0
LOOK_SECONDS = 0.25

Place: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Seen:
    """A committed message."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    @property
    def attempt(self) -> str | None:
        """Which attempt wrote it, if it says so."""
        found = self.headers.get("amml-attempt")
        return found.decode() if found else None

    @property
    def is_mark(self) -> bool:
        """Whether it only says that a writer has ended."""
        return "amml-eos" in self.headers

    def rows(self, form: str) -> list[dict[str, Any]]:
        """The rows it carries."""
        if form == "json":
            return [json.loads(self.value or b"")]
        with pa.ipc.open_stream(self.value or b"") as reader:
            return reader.read_all().to_pylist()

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


@dataclass(frozen=True)
class Ends:
    """How far each partition goes: its last stable offset, and its high watermark."""

    stable: dict[Place, int]
    high: dict[Place, int]
    groups: dict[str, dict[Place, int]]


class Broker:
    """The door to Kafka; reads what is committed, and moves nobody's offsets."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._admin = _admin(kafka)
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": f"auditor-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 5,
                "fetch.queue.backoff.ms": 5,
                "log_level": 0,
            }
        )
        self._consumer.list_topics(timeout=TIMEOUT)  # else each `assign` waits for the next refresh

    def places(self, topics: Iterable[str]) -> list[Place]:
        """Every partition of the topics; raises `ValueError` for one that is not there."""
        known = self._admin.list_topics(timeout=TIMEOUT).topics
        wanted = sorted(topics)
        if missing := [topic for topic in wanted if topic not in known]:
            raise ValueError(f"no such topic: {', '.join(missing)}")
        return [(topic, p) for topic in wanted for p in sorted(known[topic].partitions)]

    def read(self, topic: str) -> Iterator[Seen]:
        """All that is committed in a topic, in each partition's order."""
        return self._read(
            [TopicPartition(*place, OFFSET_BEGINNING) for place in self.places([topic])]
        )

    def read_after(self, place: Place, offset: int) -> Iterator[Seen]:
        """All that is committed in a partition from an offset on."""
        return self._read([TopicPartition(*place, offset)])

    def _read(self, begins: list[TopicPartition]) -> Iterator[Seen]:
        self._consumer.assign(begins)
        left = {(begin.topic, begin.partition) for begin in begins}
        while left:
            message = self._consumer.poll(TIMEOUT)
            if message is None:
                raise ValueError(f"{left} cannot be read: Kafka is silent")
            error = message.error()
            if error is None:
                yield _seen(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                left.discard((str(message.topic()), int(message.partition() or 0)))
            else:
                raise ValueError(f"{message.topic()}[{message.partition()}]: {error.str()}")
        self._consumer.unassign()

    def ends(self, topics: Iterable[str], groups: Iterable[str]) -> Ends:
        """How far the topics go, and the groups in them."""
        places = self.places(topics)
        return Ends(
            self._offsets(places, IsolationLevel.READ_COMMITTED),
            self._offsets(places, IsolationLevel.READ_UNCOMMITTED),
            {group: self._of_group(group) for group in groups},
        )

    def _offsets(self, places: list[Place], level: Any) -> dict[Place, int]:
        wanted: Any = {TopicPartition(*place): OffsetSpec.latest() for place in places}
        end = time.monotonic() + TIMEOUT
        while True:
            listed = self._admin.list_offsets(
                wanted, isolation_level=level, request_timeout=TIMEOUT
            )
            try:
                return {(p.topic, p.partition): f.result().offset for p, f in listed.items()}
            except KafkaException:  # no leader yet, or a new one, whom only a new client believes
                if time.monotonic() > end:
                    raise
                time.sleep(LOOK_SECONDS)
                self._admin = _admin(self._kafka)

    def _of_group(self, group: str) -> dict[Place, int]:
        [listed] = self._admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group)], request_timeout=TIMEOUT
        ).values()
        found = listed.result().topic_partitions or []
        return {(p.topic, p.partition): p.offset for p in found if p.offset != OFFSET_INVALID}

    def close(self) -> None:
        """Let go."""
        self._consumer.close()


def _admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


def wait_for_quiet(
    broker: Broker, topics: set[str], reads: dict[str, set[str]], quiet: float, patience: float
) -> Ends:
    """Wait until nothing moves any more; how far everything goes then.

    Parameters:
        reads: for each group the topics it reads.
        quiet: seconds without a move, where no transaction is open and no group lags.
        patience: seconds without a move, whatever is open; ten times that is all it ever waits.
    """
    begun = since = time.monotonic()
    ends = broker.ends(topics, reads)
    while time.monotonic() - begun < patience * 10:
        time.sleep(min(LOOK_SECONDS, quiet))
        now = broker.ends(topics, reads)
        still = time.monotonic() - since
        if now != ends:
            ends, since = now, time.monotonic()
        elif still >= patience or (still >= quiet and _settled(broker, ends, reads)):
            break
    return ends


def _settled(broker: Broker, ends: Ends, reads: dict[str, set[str]]) -> bool:
    """Whether no transaction is open and no group lags; what is left may be markers."""
    lagging = (
        any(broker.read_after(place, offset))
        for group, topics in reads.items()
        for place, end in ends.stable.items()
        if place[0] in topics and end - (offset := ends.groups[group].get(place, 0)) > 1
    )
    return ends.stable == ends.high and not any(lagging)


def _seen(message: Any) -> Seen:
    return Seen(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        dict(message.headers() or ()),
    )
