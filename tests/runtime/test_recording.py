"""Topics as a bystander sees them."""

import threading
import time
import uuid
from collections.abc import Generator

import pytest

from amml_deploy.platform.home import Platform
from amml_runtime.admin import Admin
from amml_runtime.client import TransactionalProducer
from amml_runtime.recording import Record, Watcher, committed, play
from amml_runtime.spec import TopicSpec

pytestmark = [pytest.mark.platform]

OLD = 1_577_836_800_000  # a time long before anything here was written
KEPT = {"retention.ms": "-1"}


@pytest.fixture
def topics(platform: Platform) -> Generator[tuple[str, str]]:
    """Two topics of two partitions."""
    names = (f"recording-{uuid.uuid4().hex}-a", f"recording-{uuid.uuid4().hex}-b")
    admin = Admin(platform.kafka)
    admin.create_topics(TopicSpec(name, 2, KEPT) for name in names)
    yield names
    admin.delete_topics(names)


def records(topic: str, count: int = 6) -> list[Record]:
    return [
        Record(topic, n % 2, OLD + n, f"k{n}".encode(), b'{"n":%d}' % n, [("h", b"x")])
        for n in range(count)
    ]


def test_what_is_played_is_read_again_as_it_was(
    platform: Platform, topics: tuple[str, str]
) -> None:
    first, second = topics
    play(platform.kafka, records(first), first, 0.0, threading.Event())
    found = committed(platform.kafka, {first: 2})
    assert sorted(found) == sorted(records(first))
    play(platform.kafka, found, second, 0.0, threading.Event())
    copied = [record._replace(topic=first) for record in committed(platform.kafka, {second: 2})]
    assert sorted(copied) == sorted(found)


def test_only_the_last_of_each_partition_are_read_on_request(
    platform: Platform, topics: tuple[str, str]
) -> None:
    play(platform.kafka, records(topics[0]), topics[0], 0.0, threading.Event())
    found = committed(platform.kafka, {topics[0]: 2}, last=1)
    assert sorted(record.value or b"" for record in found) == [b'{"n":4}', b'{"n":5}']


def test_what_is_not_committed_is_not_seen(platform: Platform, topics: tuple[str, str]) -> None:
    producer = TransactionalProducer(platform.kafka, f"{topics[0]}.0")
    producer.start()
    producer.begin()
    producer.produce(topics[0], 0, b"aborted")
    producer.abort()
    producer.begin()
    producer.produce(topics[0], 0, b"committed")
    producer.commit()
    assert [record.value for record in committed(platform.kafka, {topics[0]: 2})] == [b"committed"]


def test_a_watcher_counts_rows_and_knows_when_they_came(
    platform: Platform, topics: tuple[str, str]
) -> None:
    topic, _ = topics
    watcher = Watcher(platform.kafka, {topic: 2})
    watcher.start()
    play(platform.kafka, records(topic), topic, 0.0, threading.Event())
    end = time.monotonic() + 30
    while watcher.rows[topic] < 6 and time.monotonic() < end:
        time.sleep(0.02)
    watcher.stop()
    assert watcher.rows[topic] == 6
    assert watcher.first_after((topic, 0), OLD / 1000) is not None
    assert watcher.first_after((topic, 0), time.time()) is None


def test_playing_stops_when_told_to(platform: Platform, topics: tuple[str, str]) -> None:
    stop = threading.Event()
    stop.set()
    play(platform.kafka, records(topics[0]), topics[0], 3600.0, stop)
    assert len(committed(platform.kafka, {topics[0]: 2})) <= 1
