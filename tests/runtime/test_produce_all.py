"""Many records in one call: all of them once, or an error."""

import uuid
from collections.abc import Iterator

import pytest

from amml_runtime import changelog, client
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.client import TransactionalProducer
from amml_runtime.errors import StepError
from amml_runtime.spec import TopicSpec

QUEUE = 100_000  # what librdkafka's queue holds


@pytest.fixture
def topic(kafka: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:10]}"
    create_topics(kafka, [TopicSpec(name, 1)])
    yield name
    remove_prefix(kafka, name)


def started(kafka: str, topic: str) -> TransactionalProducer:
    producer = TransactionalProducer(kafka, topic)
    producer.start()
    return producer


def read(kafka: str, topic: str) -> list[tuple[bytes, bytes | None]]:
    consumer = client.consumer(kafka, topic, **{"enable.partition.eof": True})
    return list(changelog.read_all(consumer, topic))


@pytest.mark.kafka
def test_more_records_than_the_queue_holds_arrive_once_each(kafka: str, topic: str) -> None:
    records = [(str(n), b"%d" % n if n % 2 else None) for n in range(QUEUE + 20_000)]
    producer = started(kafka, topic)
    producer.begin()
    producer.produce_all(topic, 0, records)
    producer.commit()
    found = read(kafka, topic)
    assert len(found) == len(records)
    assert dict(found) == {key.encode(): value for key, value in records}


@pytest.mark.kafka
def test_records_outside_a_transaction_are_an_error(kafka: str, topic: str) -> None:
    with pytest.raises(StepError, match="produce"):
        started(kafka, topic).produce_all(topic, 0, [("a", b"1")])
    assert read(kafka, topic) == []


@pytest.mark.kafka
def test_a_record_too_large_for_kafka_is_an_error(kafka: str, topic: str) -> None:
    producer = started(kafka, topic)
    producer.begin()
    with pytest.raises(StepError, match="too large"):
        producer.produce_all(topic, 0, [("a", b"1"), ("b", bytes(2_000_000))])
    producer.abort()
    assert read(kafka, topic) == []
