"""The records of a topic, as retention looks at them."""

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer, TopicPartition

from amml_deploy.platform.home import Platform
from amml_runtime import client
from amml_runtime.admin import Admin
from amml_runtime.errors import Unavailable
from amml_runtime.spec import TopicSpec
from amml_runtime.topic_records import TopicRecords

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(platform: Platform) -> Iterator[str]:
    """Partition 0 has ten records, one a second from 1000 s on; partition 1 has none."""
    admin, name = Admin(platform.kafka), f"t{uuid.uuid4().hex[:12]}"
    admin.create_topics([TopicSpec(name, 2, {"retention.ms": "-1"})])
    producer = Producer({"bootstrap.servers": platform.kafka})
    for n in range(10):
        producer.produce(
            name, b"x" * (10 + n % 2), b"key", partition=0, timestamp=1_000_000 + n * 1000
        )
    producer.flush()
    yield name
    admin.delete_topics([name])


def test_where_records_begin_and_end_how_old_and_how_large_they_are(
    platform: Platform, topic: str
) -> None:
    records = TopicRecords(platform.kafka, topic)
    assert records.extents() == {0: (0, 10), 1: (0, 0)}
    assert records.since(1_004_000) == {0: 4, 1: 0}
    assert records.since(2_000_000) == {0: 10, 1: 0}
    sizes = records.record_bytes()
    assert 13 <= sizes[0] <= 14
    assert sizes[1] == 0
    assert records.delete_before({0: 4}) == {0: 4}
    assert records.extents() == {0: (4, 10), 1: (0, 0)}
    with pytest.raises(Unavailable, match="it has no such offset"):
        records.delete_before({0: 11})


def test_where_a_group_has_read_to(platform: Platform, topic: str) -> None:
    records = TopicRecords(platform.kafka, topic)
    assert records.positions(topic) == {}
    reader = client.consumer(platform.kafka, topic)
    reader.commit(offsets=[TopicPartition(topic, 0, 7)], asynchronous=False)
    reader.close()
    assert records.positions(topic) == {0: 7}
    Admin(platform.kafka).delete_groups(topic)


def test_a_topic_that_is_not_there_has_no_partitions(platform: Platform) -> None:
    records = TopicRecords(platform.kafka, "amml-no-such-topic")
    assert records.partitions() == []
    assert records.extents() == {}
