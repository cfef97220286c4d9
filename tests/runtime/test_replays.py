"""A dead letter that is sent back reaches the step that refused it, once and as it was."""

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from confluent_kafka import Producer

from amml_runtime import client, letters
from amml_runtime.admin import create_topics
from amml_runtime.changelog import committed
from amml_runtime.partitioner import partitions_of
from amml_runtime.spec import InputSpec, Stage, TopicSpec

pytestmark = pytest.mark.kafka

TOPIC = "amml_ingress.topic:Topic"
SUM = "running_sum:RunningSum"
SOURCE = "counting:Counting"


def found(chain: Any) -> list[letters.Letter]:
    return list(letters.read(chain.kafka, f"amml.{chain.workflow}.dlq"))


def replay(chain: Any, label: str, again: bool = False) -> list[str]:
    spec = chain.specs[label]
    sent = letters.replay(chain.kafka, spec.replays, spec.partitions, found(chain), again)
    return list(sent.values())


def summing(chain: Any, fails_at: int) -> None:
    """A running sum on a source that does not end, so that it stays."""
    chain.step("source", SOURCE, mode="read", partitions=2, arguments={"rows": 100, "keys": 5})
    chain.step("sum", SUM, after="source", partitions=2, arguments={"fails_at": fails_at})
    chain.specs["sum"] = replace(
        chain.specs["sum"],
        inputs=tuple(replace(each, writers=2) for each in chain.specs["sum"].inputs),
    )
    create_topics(chain.kafka, [TopicSpec(chain.specs["sum"].replays, 2)])
    chain.run("source")


def of_partition(chain: Any, key: str) -> list[int]:
    """The numbers of the keys that share a partition with this one."""
    rows = [row for row in chain.rows("sum") if row["n"] >= 0]
    places = partitions_of(pa.array([row["_key"] for row in rows]), 2)
    own = next(p for p, row in zip(places, rows, strict=True) if row["_key"] == key)
    return [row["n"] for p, row in zip(places, rows, strict=True) if p == own]


def test_a_letter_tells_who_refused_what_and_why(chain: Any) -> None:
    summing(chain, fails_at=50)
    process = chain.start("sum")
    chain.wait_until(lambda: len(found(chain)) == 1)
    process.terminate()
    assert process.wait(30) == 0
    [letter] = found(chain)
    assert (letter.step, letter.run, letter.reason) == ("sum", 1, "ValueError: 50 is not wanted")
    assert letter.source.topic == chain.specs["source"].name
    assert json.loads(letter.value or b"")["n"] == 50


def test_a_replayed_row_takes_effect_once(chain: Any) -> None:
    summing(chain, fails_at=50)
    process = chain.start("sum")
    chain.wait_until(lambda: len(chain.rows("sum")) == 99)
    process.terminate()
    assert process.wait(30) == 0
    assert replay(chain, "sum") == ["replayed"]
    assert replay(chain, "sum") == ["replayed before"]
    spec = chain.specs["sum"]
    chain.specs["sum"] = replace(spec, arguments={"fails_at": -1})  # mended
    assert chain.start("sum", fail_point="before_commit:1").wait(60) == -9
    process = chain.start("sum")
    chain.wait_until(lambda: len(chain.rows("sum")) == 100)
    process.terminate()
    assert process.wait(30) == 0
    [row] = [row for row in chain.rows("sum") if row["n"] == 50]
    [letter] = found(chain)
    assert row["_key"] == json.loads(letter.value or b"")["_key"]
    assert sorted(row["n"] for row in chain.rows("sum")) == [*range(100)]
    assert row["total"] == sum(of_partition(chain, row["_key"]))
    assert found(chain) == [letter]


def test_a_letter_that_is_refused_again_can_be_sent_again_when_asked(chain: Any) -> None:
    summing(chain, fails_at=50)
    process = chain.start("sum")
    chain.wait_until(lambda: len(found(chain)) == 1)
    assert replay(chain, "sum") == ["replayed"]
    chain.wait_until(lambda: len(found(chain)) == 2)
    first, second = found(chain)
    assert second.source.topic == chain.specs["sum"].replays
    assert (second.row, second.reason) == (first.row, first.reason)
    assert replay(chain, "sum", again=True) == ["replayed", "replayed"]
    chain.wait_until(lambda: len(found(chain)) == 4)
    process.terminate()
    assert process.wait(30) == 0


@pytest.mark.parametrize("fused", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_replayed_record_comes_with_the_key_and_time_it_had(chain: Any, fused: bool) -> None:
    named = f"amml.{chain.workflow}.r1.named"
    old = {"retention.ms": "-1"}  # or the broker removes a record of 2020 when it comes to clean
    create_topics(chain.kafka, [TopicSpec(named, 1, old)])
    inputs = (InputSpec(named, "named", format="json", start="start", foreign=True),)
    stage = Stage("first", TOPIC, "id-first", {"name": named})
    arguments = {} if fused else {"name": named}
    chain.step(
        "read",
        SUM if fused else TOPIC,
        inputs=inputs,
        arguments=arguments,
        bounded=False,
        fused=(stage,) if fused else (),
    )
    create_topics(chain.kafka, [TopicSpec(chain.specs["read"].replays, 1)])
    producer = Producer({"bootstrap.servers": chain.kafka})
    producer.produce(named, b"{broken", b"k", timestamp=1_600_000_000_000)
    producer.flush()
    process = chain.start("read")
    chain.wait_until(lambda: len(found(chain)) == 1)
    [letter] = found(chain)
    assert (letter.value, letter.row) == (b"{broken", None)
    assert letter.step == ("first" if fused else "read")
    assert replay(chain, "read") == ["replayed"]
    chain.wait_until(lambda: len(found(chain)) == 2)  # it is still broken
    assert replay(chain, "read") == ["replayed before", "replayed"]
    process.terminate()
    assert process.wait(30) == 0
    reader = client.consumer(chain.kafka, "test", **{"enable.partition.eof": True})
    sent = list(committed(reader, chain.specs["read"].replays, 0))
    reader.close()
    assert [message.key() for message in sent] == [b"k", b"k"]
    assert [dict(message.headers())["amml-at"] for message in sent] == [b"1600000000000"] * 2  # pyright: ignore[reportCallIssue, reportArgumentType] (the stubs allow no headers)
