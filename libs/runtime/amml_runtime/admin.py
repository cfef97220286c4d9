"""Topics, groups and offsets, from outside a step: what the planner's backends and tools need."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from amml_runtime.access import denial, silent
from amml_runtime.errors import Unavailable
from amml_runtime.kafka_security import reaching
from amml_runtime.spec import TopicSpec

TIMEOUT = 15.0


@dataclass(frozen=True)
class Topic:
    """A topic there is."""

    name: str
    partitions: int


class Admin:
    """The administration door of a Kafka cluster; raises `Unavailable` when it is closed."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._client = AdminClient({**reaching(bootstrap), "log_level": 0})

    def list_topics(self) -> list[Topic]:
        """Every topic but Kafka's own, by name."""
        try:
            topics = self._client.list_topics(timeout=TIMEOUT).topics
        except KafkaException as error:
            raise silent(self._bootstrap, error) from error
        found = [Topic(name, len(each.partitions)) for name, each in topics.items()]
        return sorted((t for t in found if not t.name.startswith("__")), key=lambda t: t.name)

    def refuse_unseen(self, topic: str) -> None:
        """Raise `AccessDenied` if Kafka hides a topic from us: it lists no such topics."""
        try:
            error = self._client.list_topics(topic, timeout=TIMEOUT).topics[topic].error
        except KafkaException as exception:
            raise silent(self._bootstrap, exception) from exception
        if error is not None and (refusal := denial(error, "Read", topic)):
            raise refusal

    def create_topics(self, topics: Iterable[TopicSpec]) -> None:
        """Make the topics that are not there yet, each with the brokers' own number of copies."""
        new = [NewTopic(t.name, t.partitions, -1, config=dict(t.config)) for t in topics]
        if new:
            made = self._client.create_topics(new, operation_timeout=TIMEOUT)
            self._finish(made, KafkaError.TOPIC_ALREADY_EXISTS, "Create")

    def delete_topics(self, names: Iterable[str]) -> None:
        """Remove the topics; one that is gone already is no error."""
        wanted = list(names)
        if wanted:
            gone = self._client.delete_topics(wanted, operation_timeout=TIMEOUT)
            self._finish(gone, KafkaError.UNKNOWN_TOPIC_OR_PART, "Delete")

    def delete_groups(self, prefix: str) -> None:
        """Remove the consumer groups whose names begin with `prefix`."""
        listed = self._client.list_consumer_groups().result(TIMEOUT)
        groups = [g.group_id for g in listed.valid if g.group_id.startswith(prefix)]
        if groups:
            gone = self._client.delete_consumer_groups(groups)
            self._finish(gone, KafkaError.GROUP_ID_NOT_FOUND, "Delete")

    def _finish(self, futures: "Mapping[str, Future[Any]]", harmless: int, right: str) -> None:
        for name, future in futures.items():
            try:
                future.result(TIMEOUT + 1)  # Kafka's own answer, that it took too long, comes first
            except NoAnswer as error:
                late = f"`{name}`: Kafka did not answer within {TIMEOUT:.0f} s"
                raise Unavailable(late) from error
            except KafkaException as error:
                if refusal := denial(error.args[0], right, name):
                    raise refusal from error
                if error.args[0].code() != harmless:
                    raise Unavailable(f"`{name}`: {error.args[0].str()}") from error


def create_topics(bootstrap: str, topics: Iterable[TopicSpec]) -> None:
    """Make the topics that are not there yet."""
    Admin(bootstrap).create_topics(topics)


def list_topics(bootstrap: str) -> list[Topic]:
    """Every topic but Kafka's own, by name."""
    return Admin(bootstrap).list_topics()


def remove_prefix(bootstrap: str, prefix: str) -> None:
    """Remove every topic and consumer group whose name begins with `prefix` (dot included)."""
    admin = Admin(bootstrap)
    admin.delete_topics(t.name for t in admin.list_topics() if t.name.startswith(prefix))
    admin.delete_groups(prefix)
