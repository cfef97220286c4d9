"""Looking at a Kafka cluster: brokers, partitions, settings, offsets. Changes nothing."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage] (documented, but not in __all__)
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage]
    ResourceType,  # pyright: ignore[reportPrivateImportUsage]
)

from amml_runtime import client
from amml_runtime.access import silent
from amml_runtime.broker_protocol import API_VERSIONS, NO_TAGS, Answer, ask, string
from amml_runtime.errors import Unavailable
from amml_runtime.kafka_security import reaching
from amml_runtime.open_transactions import OpenWrite, open_writes

T = TypeVar("T")
Place = tuple[str, int]
_SECONDS = 10.0


@dataclass(frozen=True)
class Partition:
    """Where a partition's copies are, by the numbers of their brokers; -1 is nobody."""

    topic: str
    number: int
    leader: int
    copies: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True)
class Ends:
    """A partition's first offset, its last stable offset, and the end of all that is written."""

    first: int
    stable: int
    high: int


class Cluster:
    """A Kafka cluster, seen from outside; raises `Unavailable` when it does not answer."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._client = AdminClient({**reaching(bootstrap), "log_level": 0})
        self._metadata = self._listed()

    @property
    def brokers(self) -> Mapping[int, str]:
        """Each broker's number and address."""
        return {number: f"{b.host}:{b.port}" for number, b in self._metadata.brokers.items()}

    @property
    def partitions(self) -> list[Partition]:
        """Every partition, Kafka's own among them, by topic and number."""
        return [
            Partition(name, number, p.leader, tuple(p.replicas), tuple(p.isrs))
            for name, topic in sorted(self._metadata.topics.items())
            for number, p in sorted(topic.partitions.items())
        ]

    def settings(self, broker: int) -> Mapping[str, str]:
        """What a broker is set to, its defaults too."""
        resource = ConfigResource(ResourceType.BROKER, str(broker))
        [answer] = self._client.describe_configs([resource], request_timeout=_SECONDS).values()
        return {name: str(entry.value) for name, entry in self._result(answer).items()}

    def features(self) -> Mapping[str, int]:
        """The newest level of each feature that the first broker knows, `metadata.version` too."""
        address = next(iter(self.brokers.values()))
        answer = ask(address, API_VERSIONS, 3, string("amml") + string("1") + NO_TAGS)
        answer.number("h")
        answer.array(_api)
        answer.number("i")
        known = answer.tags().get(0)
        return dict(known.array(_feature)) if known else {}

    def ends(self, partitions: Iterable[Partition]) -> Mapping[Place, Ends]:
        """The ends of these partitions; those without a leader are left out."""
        places = [(p.topic, p.number) for p in partitions if p.leader >= 0]
        first = self._offsets(places, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED)
        stable = self._offsets(places, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
        high = self._offsets(places, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
        return {place: Ends(first[place], stable[place], high[place]) for place in places}

    def open_writes(self, places: Iterable[Place]) -> list[OpenWrite]:
        """The open transactions that have written to these partitions."""
        leaders = {(p.topic, p.number): p.leader for p in self.partitions}
        brokers = self.brokers
        return open_writes({p: brokers[leaders[p]] for p in places if leaders.get(p, -1) >= 0})

    def headers(self, topic: str, partition: int, ends: Ends, most: int) -> list[dict[str, str]]:
        """The headers of the last committed messages of a partition, at most those of `most`."""
        reader = client.consumer(self._bootstrap, f"amml-doctor-{time.time_ns()}")
        place = TopicPartition(topic, partition, max(ends.first, ends.stable - most))
        found: list[dict[str, str]] = []
        until = time.monotonic() + _SECONDS
        try:
            reader.assign([place])
            while _position(reader) < ends.stable and time.monotonic() < until:
                found += [_texts(message) for message in reader.consume(500, timeout=0.1)]
        finally:
            reader.close()
        return [each for each in found if each]

    def _listed(self) -> Any:
        try:
            return self._client.list_topics(timeout=_SECONDS)
        except KafkaException as error:
            raise silent(self._bootstrap, error) from error

    def _offsets(
        self, places: list[Place], spec: OffsetSpec | None, level: IsolationLevel
    ) -> Mapping[Place, int]:
        wanted = {TopicPartition(*place): spec for place in places if spec}
        if not wanted:
            return {}
        asked = self._client.list_offsets(wanted, isolation_level=level, request_timeout=_SECONDS)
        return {(p.topic, p.partition): self._result(f).offset for p, f in asked.items()}

    def _result(self, future: "Future[T]") -> T:
        try:
            return future.result(_SECONDS)
        except (KafkaException, TimeoutError) as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error


def _position(reader: Consumer) -> int:
    [place] = reader.position(reader.assignment()) or [None]
    return place.offset if place else -1


def _texts(message: Message) -> dict[str, str]:
    return {name: _text(value) for name, value in message.headers() or ()}


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""


def _api(answer: Answer) -> None:
    for form in ("h", "h", "h"):
        answer.number(form)
    answer.tags()


def _feature(answer: Answer) -> tuple[str, int]:
    name = answer.string()
    answer.number("h")
    newest = answer.number("h")
    answer.tags()
    return name, newest
