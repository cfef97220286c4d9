"""A step whose records, topic or memory are gone stops and says so; it never goes on elsewhere."""

import json
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import (  # the stubs hide some of what the package documents
    AdminClient,
    AlterConfigOpType,  # pyright: ignore[reportPrivateImportUsage]
    ConfigEntry,  # pyright: ignore[reportPrivateImportUsage]
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage]
    NewPartitions,  # type: ignore[attr-defined]
)

from amml_runtime.admin import Admin
from amml_runtime.spec import InputSpec, TopicSpec

pytestmark = pytest.mark.kafka

TOPIC = "amml_ingress.topic:Topic"
SUM = "running_sum:RunningSum"
SOURCE = "counting:Counting"


class Named:
    """A topic of others, as a test needs it."""

    def __init__(self, kafka: str, name: str, partitions: int = 1) -> None:
        self.name = name
        self._kafka = kafka
        self._admin = Admin(kafka)
        self.make(partitions)

    def make(self, partitions: int = 1) -> None:
        self._admin.create_topics([TopicSpec(self.name, partitions)])

    def remove(self) -> None:
        self._admin.delete_topics([self.name])

    def write(self, numbers: Iterable[int], partition: int = 0) -> None:
        producer = Producer({"bootstrap.servers": self._kafka})
        for n in numbers:
            producer.produce(self.name, json.dumps({"n": n}).encode(), partition=partition)
        producer.flush()


@pytest.fixture
def named(kafka: str, chain: Any) -> Named:
    # inside the workflow's names, so that the chain removes it
    return Named(kafka, f"amml.{chain.workflow}.r1.named")


def reading(
    topic: Named, partitions: int = 1, start: Any = "start", grows: bool = False
) -> tuple[InputSpec, ...]:
    return (InputSpec(topic.name, "named", "main", "json", partitions, 1, start, True, grows),)


def expire(kafka: str, topic: str, before: int, partition: int = 0) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    for done in admin.delete_records([TopicPartition(topic, partition, before)]).values():
        done.result(30)


def allow_deletion(kafka: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    policy = ConfigEntry(
        "cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET
    )
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[policy])
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(30)


def read_ten(chain: Any, named: Named, start: Any = "start") -> None:
    """A step that has read 0 to 9 and was stopped in good order."""
    chain.step(
        "read",
        TOPIC,
        inputs=reading(named, start=start),
        arguments={"name": named.name},
        bounded=False,
    )
    process = chain.start("read")
    wait_for(chain, lambda: "ready" in chain.log("read"))
    named.write(range(10))
    wait_for(chain, lambda: len(chain.rows("read")) == 10)
    stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    assert process.wait(30) == 0


def wait_for(chain: Any, holds: Callable[[], bool]) -> None:
    wait: Callable[..., None] = chain.wait_until
    wait(holds)


def refused(chain: Any, label: str, process: "subprocess.Popen[bytes] | None" = None) -> str:
    """The reason a step gives for its exit 2; nothing was skipped, and it says what to do."""
    ended: subprocess.Popen[bytes] = process or chain.start(label)
    assert ended.wait(60) == 2, chain.log(label)
    reason = json.loads((chain.folder / f"{label}.0.exit").read_text(encoding="utf-8"))["reason"]
    assert reason in chain.log(label)
    assert "skipped nothing" in reason
    assert "--fresh" in reason
    return reason


def numbers(chain: Any, label: str) -> list[int]:
    return [int(row["n"]) for row in chain.rows(label)]


def test_records_that_expired_unread_stop_the_step(chain: Any, kafka: str, named: Named) -> None:
    read_ten(chain, named)
    named.write(range(10, 40))
    expire(kafka, named.name, 25)
    reason = refused(chain, "read")
    assert f"{named.name}[0]: 15 records expired" in reason
    assert numbers(chain, "read") == [*range(10)]


def test_records_of_our_own_topic_that_expired_before_the_first_start_stop_the_step(
    chain: Any, kafka: str
) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100})
    chain.step("sum", SUM, after="source")
    chain.run("source")
    expire(kafka, chain.specs["source"].name, 3)
    assert "3 records expired" in refused(chain, "sum")
    assert chain.rows("sum") == []


@pytest.mark.parametrize("now_there", [5, 30], ids=["shorter", "longer"])
def test_a_topic_that_was_made_again_while_the_step_was_down_stops_it(
    chain: Any, named: Named, now_there: int
) -> None:
    read_ten(chain, named)
    named.remove()
    named.make()
    named.write(range(100, 100 + now_there))
    assert f"{named.name}: the topic was deleted and made again" in refused(chain, "read")
    assert numbers(chain, "read") == [*range(10)]


def test_a_topic_that_is_made_again_under_a_running_step_stops_it(chain: Any, named: Named) -> None:
    read_ten(chain, named)
    process = chain.start("read")
    named.write([10])
    wait_for(chain, lambda: len(chain.rows("read")) == 11)
    named.remove()
    named.make()
    named.write(range(100, 130))
    assert "deleted and made again" in refused(chain, "read", process)
    assert numbers(chain, "read") == [*range(11)]


def test_a_topic_that_is_gone_stops_the_step(chain: Any, named: Named) -> None:
    read_ten(chain, named)
    named.remove()
    assert f"{named.name}: the topic is gone" in refused(chain, "read")


def test_a_changelog_that_expired_is_not_taken_for_a_state_with_less_in_it(
    chain: Any, kafka: str, named: Named
) -> None:
    read_ten(chain, named)
    changelog = chain.specs["read"].changelog
    allow_deletion(kafka, changelog)  # Kafka itself refuses it for a topic that is compacted only
    expire(kafka, changelog, 2)
    assert f"{changelog}[0]: 2 records expired" in refused(chain, "read")


@pytest.mark.parametrize("start", ["start", "now"])
def test_a_changelog_that_was_made_again_is_not_taken_for_a_first_start(
    chain: Any, kafka: str, named: Named, start: str
) -> None:
    read_ten(chain, named, start)
    remake(chain, kafka, "read")
    reason = refused(chain, "read")
    assert "it had read" in reason
    assert "up to offset 10" in reason
    assert numbers(chain, "read") == [*range(10)]


def test_a_sources_changelog_that_was_made_again_does_not_double_its_rows(
    chain: Any, kafka: str
) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 100})
    chain.run("source")
    remake(chain, kafka, "source")
    assert "holds what it wrote" in refused(chain, "source")
    assert numbers(chain, "source") == [*range(100)]


def test_a_changelog_made_again_under_a_running_step_is_noticed_at_the_next_start(
    chain: Any, kafka: str, named: Named
) -> None:
    read_ten(chain, named)
    process = chain.start("read")
    wait_for(chain, lambda: chain.log("read").count("ready") == 2)
    remake(chain, kafka, "read")
    named.write(range(10, 20))
    wait_for(chain, lambda: len(chain.rows("read")) == 20)
    stop(process)
    assert "made again while this step was at work" in refused(chain, "read")


def test_a_first_start_that_was_killed_before_its_commit_is_no_loss(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 1000, "portion": 10})
    assert chain.start("source", fail_point="before_commit:1").wait(60) == -9
    chain.run("source")
    assert numbers(chain, "source") == [*range(1000)]


@pytest.mark.parametrize("start", ["start", "now"])
def test_added_partitions_are_read_from_their_start_after_a_restart(
    chain: Any, kafka: str, named: Named, start: str
) -> None:
    inputs = reading(named, start=start, grows=True)
    chain.step("read", TOPIC, inputs=inputs, arguments={"name": named.name}, bounded=False)
    process = chain.start("read")
    wait_for(chain, lambda: "ready" in chain.log("read"))
    named.write(range(10))
    wait_for(chain, lambda: len(chain.rows("read")) == 10)
    stop(process)
    grow(kafka, named.name, 3)
    for partition in range(3):
        named.write(range(100 * partition, 100 * partition + 5), partition)
    process = chain.start("read")
    wait_for(chain, lambda: len(chain.rows("read")) == 25)
    stop(process)
    added = [*range(5), *range(100, 105), *range(200, 205)]
    assert sorted(numbers(chain, "read")) == sorted([*range(10), *added])


@pytest.mark.long  # the client looks at its topics every 30 s
def test_added_partitions_are_noticed_while_the_step_runs(
    chain: Any, kafka: str, named: Named
) -> None:
    inputs = reading(named, grows=True)
    chain.step("read", TOPIC, inputs=inputs, arguments={"name": named.name}, bounded=False)
    process = chain.start("read")
    wait_for(chain, lambda: "ready" in chain.log("read"))
    grow(kafka, named.name, 2)
    assert process.wait(60) == 1  # and is started again by whoever keeps it
    assert "has 2 partitions now, 1 before" in chain.log("read")


def test_added_partitions_stop_a_step_whose_readers_keep_state(
    chain: Any, kafka: str, named: Named
) -> None:
    read_ten(chain, named)
    grow(kafka, named.name, 3)
    reason = refused(chain, "read")
    assert f"{named.name}: has 3 partitions, and this step was planned for 1" in reason
    assert "--partitions 3" in reason


def remake(chain: Any, kafka: str, label: str) -> None:
    """Delete the changelog of a step and make it again, as a clumsy operator might."""
    admin = Admin(kafka)
    admin.delete_topics([chain.specs[label].changelog])
    admin.create_topics([TopicSpec(chain.specs[label].changelog, 1, {"cleanup.policy": "compact"})])


def grow(kafka: str, topic: str, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    for done in admin.create_partitions([NewPartitions(topic, partitions)]).values():
        done.result(30)
