"""Poison of every kind goes to the dead letters, and only poison: outputs are exactly the good."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_runtime import letters
from amml_runtime.admin import create_topics
from amml_runtime.component import Origin
from amml_runtime.spec import InputSpec, TopicSpec
from amml_runtime.wire import MAX_BYTES, Stamp

pytestmark = pytest.mark.kafka

TOPIC = "amml_ingress.topic:Topic"
COUNTING = "counting:Counting"
SUM = "running_sum:RunningSum"

POISON = {
    "not UTF-8": b'{"n": 1, "s": "\xff\xfe"}',
    "broken JSON": b'{"n": 1',
    "no object": b"[1, 2]",
    "NaN": b'{"n": NaN}',
    "Infinity": b'{"n": Infinity}',
    "deeply nested": b'{"n": ' + b"[" * 400_000 + b"]" * 400_000 + b"}",
    "JSON null": b"null",
    "empty": b"",
    "blanks": b"  \n ",
    "tombstone": None,
    "no time": b'{"n": 1, "_time": "soon"}',
}


@dataclass(frozen=True)
class Written:
    """What was written to the topic: records by offset."""

    good: list[int]
    bad: list[bytes | None]


def write_mixed(kafka: str, topic: str) -> Written:
    """Each poison between good records, three times over."""
    producer = Producer({"bootstrap.servers": kafka, "message.max.bytes": 5_000_000})
    good: list[int] = []
    bad: list[bytes | None] = []
    for value in [*POISON.values()] * 3:
        good.append(len(good))
        bad.append(value)
        producer.produce(topic, json.dumps({"n": good[-1]}).encode(), b"k")
        producer.produce(topic, value, b"k")
    producer.flush()
    return Written(good, bad)


def read_named(chain: Any) -> str:
    """A step that reads a named topic of its own; the topic's name."""
    name = f"amml.{chain.workflow}.r1.named"
    create_topics(chain.kafka, [TopicSpec(name, 1, {"max.message.bytes": "5000000"})])
    inputs = (InputSpec(name, "named", format="json", start="start", foreign=True),)
    chain.step("read", TOPIC, inputs=inputs, arguments={"name": name}, bounded=False)
    return name


def found(chain: Any) -> list[letters.Letter]:
    return list(letters.read(chain.kafka, f"amml.{chain.workflow}.dlq"))


def stop(process: Any) -> None:
    process.terminate()
    assert process.wait(30) == 0


@pytest.mark.parametrize("kill", ["", "after_produce:1", "before_commit:1", "after_commit:1"])
def test_outputs_are_the_good_records_and_dead_letters_the_bad_ones(chain: Any, kill: str) -> None:
    name = read_named(chain)
    written = write_mixed(chain.kafka, name)
    if kill:
        assert chain.start("read", fail_point=kill).wait(60) == -9
    process = chain.start("read")
    chain.wait_until(lambda: len(found(chain)) >= len(written.bad))
    chain.wait_until(lambda: len(chain.rows("read")) >= len(written.good))
    stop(process)
    assert [row["n"] for row in chain.rows("read")] == written.good
    dead = found(chain)
    assert [letter.value for letter in dead] == written.bad
    assert [letter.source.first for letter in dead] == [2 * n + 1 for n in range(len(dead))]
    assert all(letter.reason and letter.source.topic == name for letter in dead)


def test_a_record_too_large_to_be_written_is_a_dead_letter_with_its_size(chain: Any) -> None:
    name = read_named(chain)
    producer = Producer({"bootstrap.servers": chain.kafka, "message.max.bytes": 5_000_000})
    large = json.dumps({"n": 1, "s": "x" * 2_000_000}).encode()
    for value in (b'{"n": 0, "s": ""}', large, b"?" * 2_000_000, b'{"n": 2, "s": ""}'):
        producer.produce(name, value)
    producer.flush()
    process = chain.start("read")
    chain.wait_until(lambda: len(found(chain)) == 2 and len(chain.rows("read")) == 2)
    stop(process)
    assert [row["n"] for row in chain.rows("read")] == [0.0, 2.0]
    too_large, no_json = sorted(found(chain), key=lambda letter: letter.reason, reverse=True)
    assert too_large.reason == f"the row is larger than {MAX_BYTES} bytes"
    assert too_large.full_size is not None and too_large.full_size > 2_000_000
    assert no_json.full_size == 2_000_000
    assert [len(letter.value or b"") for letter in (too_large, no_json)] == [MAX_BYTES] * 2


def test_bytes_that_are_no_arrow_batch_are_a_dead_letter_and_harm_no_neighbour(chain: Any) -> None:
    chain.step("source", COUNTING, mode="read", arguments={"rows": 10})
    chain.run("source")
    headers = Stamp(0, 1, Origin("source", 0, 10, 20)).headers("id-source")
    producer = Producer({"bootstrap.servers": chain.kafka})
    producer.produce(chain.specs["source"].name, b"no arrow", headers=dict[str, Any](headers))
    producer.flush()
    chain.step("sum", SUM, after="source", bounded=False)
    process = chain.start("sum")
    chain.wait_until(lambda: len(found(chain)) == 1)
    assert process.wait(60) == 0  # the source's end was before it
    [letter] = found(chain)
    assert letter.value == b"no arrow" and letter.reason.startswith("not an Arrow batch")
    assert [row["n"] for row in chain.rows("sum") if row["n"] >= 0] == [*range(10)]


def test_an_error_whose_text_is_huge_does_not_make_its_dead_letter_too_large(chain: Any) -> None:
    chain.step("source", COUNTING, mode="read", arguments={"rows": 10})
    chain.step("sum", SUM, after="source", arguments={"fails_at": 5, "complains": 2_000_000})
    chain.run()
    [letter] = found(chain)
    assert letter.reason.startswith("ValueError: 5 is not wanted")
    assert len(letter.reason) == 2000


@pytest.mark.parametrize(("policy", "dead"), [("dlq", 30), ("skip", 0)])
def test_a_key_that_always_fails_harms_no_other_and_is_not_tried_for_ever(
    chain: Any, policy: str, dead: int
) -> None:
    chain.step("source", COUNTING, mode="read", arguments={"rows": 300, "keys": 10})
    options = {"on_error": policy}
    chain.step("sum", SUM, after="source", arguments={"fails_for": "7"}, options=options)
    chain.run()
    kept = [n for n in range(300) if n % 10 != 7]
    assert [row["n"] for row in chain.rows("sum")] == [*kept, -1]
    assert chain.rows("sum")[-1]["total"] == sum(kept)
    assert len(found(chain)) == dead
