"""An open transaction holds up every reader of what is committed."""

from collections.abc import Generator
from dataclasses import replace

import pytest

from amml_deploy.doctor.checks.transactions import Facts, gather, judge
from amml_deploy.doctor.site import Site
from amml_deploy.platform.home import Platform
from amml_runtime.admin import Admin
from amml_runtime.client import TransactionalProducer
from amml_runtime.examination import Cluster
from amml_runtime.spec import TopicSpec


@pytest.fixture
def topic(platform: Platform, own: str) -> Generator[str]:
    """A topic of its own."""
    name = f"{own}.topic"
    admin = Admin(platform.kafka)
    admin.create_topics([TopicSpec(name, 1)])
    yield name
    admin.delete_topics([name])


@pytest.fixture
def open_one(platform: Platform, own: str, topic: str) -> Generator[TransactionalProducer]:
    """A transaction that has written a row and does not end."""
    producer = TransactionalProducer(platform.kafka, own)
    producer.start()
    producer.begin()
    producer.produce(topic, 0, b"row")
    arrived: list[int] = []
    while not any(arrived):
        cluster = Cluster(platform.kafka)
        arrived = [
            end.high for place, end in cluster.ends(cluster.partitions).items() if place[0] == topic
        ]
    yield producer
    producer.abort()


def of(facts: Facts, own: str, later_ms: int) -> list[str]:
    """The levels of what is said of this test's transaction, so much later."""
    found = judge(replace(facts, now_ms=facts.now_ms + later_ms))
    return [each.level for each in found if own in each.message]


def test_an_open_transaction_is_named_with_its_topic(
    site: Site, own: str, topic: str, open_one: TransactionalProducer
) -> None:
    facts = gather(site)
    assert (facts.ends[topic, 0].stable, facts.ends[topic, 0].high) == (0, 1)
    assert of(facts, own, later_ms=0) == []  # a step that is at work
    assert of(facts, own, later_ms=15_000) == ["warning"]
    assert of(facts, own, later_ms=70_000) == ["problem"]
    [found] = [
        each for each in judge(replace(facts, now_ms=facts.now_ms + 15_000)) if own in each.message
    ]
    assert f"`{own}` is open for" in found.message
    assert topic in found.message
    assert "start its step again" in found.fix


def test_one_that_no_coordinator_knows_comes_with_the_command_that_ends_it(
    site: Site, own: str, topic: str, open_one: TransactionalProducer
) -> None:
    facts = replace(gather(site), known=())  # as if the coordinator had lost it
    assert of(facts, topic, later_ms=30_000) == []
    [found] = [
        each
        for each in judge(replace(facts, now_ms=facts.now_ms + 61_000))
        if topic in each.message
    ]
    assert found.level == "problem"
    assert f"hangs on {topic}[0] at offset 0" in found.message
    assert f"abort --topic {topic} --partition 0 --start-offset 0" in found.fix


def test_one_that_has_ended_is_not_named(site: Site, own: str, topic: str) -> None:
    facts = gather(site)
    assert own not in [each.transactional_id for each in facts.known]
    assert of(facts, own, later_ms=70_000) == []
