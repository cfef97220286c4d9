"""A topic that Kafka Connect fills, read by a real step: what becomes of it, also when it changes.

The step is a `source` whose entry of the catalogue is part of its specification.
"""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_runtime import letters
from amml_runtime.admin import create_topics
from amml_runtime.client import TransactionalProducer
from amml_runtime.gauge import Gauge
from amml_runtime.spec import InputSpec, TopicSpec

pytestmark = pytest.mark.kafka

N = {"type": "int32", "optional": False, "field": "n"}
ROOM = {"type": "string", "optional": True, "field": "room"}
CO2 = {"type": "double", "optional": True, "field": "co2"}
SOURCE = "amml_ingress.source:Source"


def envelope(fields: Iterable[Any], **payload: Any) -> bytes:
    schema = {"type": "struct", "fields": list(fields), "optional": False}
    return json.dumps({"schema": schema, "payload": payload}).encode()


def reading(chain: Any, columns: dict[str, str], **entry: Any) -> str:
    """A source of a topic of its own; the topic's name."""
    name = f"amml.{chain.workflow}.r1.named"
    create_topics(chain.kafka, [TopicSpec(name, 1)])
    inputs = (InputSpec(name, "named", format="connect", start="start", foreign=True),)
    listed = [{"name": each, "type": word} for each, word in columns.items()]
    document = {"kind": "topic", "format": "connect", "topic": name, "columns": listed, **entry}
    chain.step(
        "read",
        SOURCE,
        inputs=inputs,
        arguments={"id": "named"},
        resources={"entry": document},
        bounded=False,
    )
    return name


def send(chain: Any, topic: str, *values: bytes | None, key: bytes | None = b"k") -> None:
    producer = Producer({"bootstrap.servers": chain.kafka})
    for value in values:
        producer.produce(topic, value, key)
    producer.flush()


def numbers(chain: Any) -> list[int]:
    return [row["n"] for row in chain.rows("read")]


def dead(chain: Any) -> list[letters.Letter]:
    return list(letters.read(chain.kafka, f"amml.{chain.workflow}.dlq"))


def end_of(chain: Any, process: Any) -> tuple[int, str]:
    """Its exit code, and what it said last."""
    code = process.wait(60)
    return code, (chain.folder / "read.0.exit").read_text(encoding="utf-8")


@pytest.mark.parametrize("kill", ["", "after_produce:1", "before_commit:1", "after_commit:1"])
def test_good_records_are_rows_and_each_bad_one_is_a_dead_letter(chain: Any, kill: str) -> None:
    topic = reading(chain, {"n": "int", "room": "string"}, time=None, key=["room"])
    bad = [b"?", b'{"n": 1}', envelope([N, ROOM], n=None), envelope([N, ROOM], n="x", room="a")]
    good = [envelope([N, ROOM], n=n, room="hall") for n in range(len(bad))]
    for pair in zip(good, bad, strict=True):
        send(chain, topic, *pair, None)
    if kill:
        assert chain.start("read", fail_point=kill).wait(60) == -9
    process = chain.start("read")
    chain.wait_until(lambda: len(dead(chain)) >= len(bad) and len(numbers(chain)) >= len(good))
    process.terminate()
    code, said = end_of(chain, process)
    assert code == 0
    if not kill:
        assert json.loads(said)["samples"]["amml_empty_total"] == len(good)
    assert numbers(chain) == list(range(len(good)))
    assert {row["_key"] for row in chain.rows("read")} == {"hall"}
    assert [letter.value for letter in dead(chain)] == bad
    assert [letter.source.first for letter in dead(chain)] == [3 * n + 1 for n in range(len(bad))]


def test_an_added_column_appears_and_one_that_is_gone_stops_the_step(chain: Any) -> None:
    topic = reading(chain, {"n": "int", "room": "string"})
    send(chain, topic, *(envelope([N, ROOM], n=n, room="a") for n in range(3)))
    send(chain, topic, *(envelope([N, ROOM, CO2], n=n, room="a", co2=1.0) for n in range(3, 6)))
    send(chain, topic, *(envelope([N, CO2], n=n, co2=2.0) for n in range(6, 9)))
    process = chain.start("read")
    code, said = end_of(chain, process)
    assert code == 2
    assert f"{topic}[0] 6: column `room` (string) is gone" in said
    assert "amml source add" in said and "deploy" in said
    rows = chain.rows("read")
    assert [(row["n"], row.get("co2")) for row in rows] == [
        *((n, None) for n in range(3)),
        *((n, 1.0) for n in range(3, 6)),
    ]
    assert "co2" not in rows[0] and not dead(chain)


def test_with_its_new_columns_a_source_goes_on_at_the_change(chain: Any) -> None:
    topic = reading(chain, {"n": "int", "co2": "float"})
    send(chain, topic, *(envelope([N, CO2], n=n, co2=n) for n in range(3)))
    texts = {"type": "string", "optional": True, "field": "co2"}
    send(chain, topic, *(envelope([N, texts], n=n, co2="high") for n in range(3, 6)))
    code, said = end_of(chain, chain.start("read"))
    assert code == 2 and "column `co2` is string, expected float" in said
    code, said = end_of(chain, chain.start("read"))  # nobody has seen to it
    assert code == 2 and "source catalogue says, column `co2` is string, expected float" in said
    assert numbers(chain) == [0, 1, 2]
    reading(chain, {"n": "int", "co2": "string"})
    process = chain.start("read")
    chain.wait_until(lambda: len(numbers(chain)) == 6)
    process.terminate()
    assert process.wait(30) == 0
    assert [row["co2"] for row in chain.rows("read")] == [0.0, 1.0, 2.0, *["high"] * 3]


def test_columns_that_nobody_named_are_those_of_the_first_record(chain: Any) -> None:
    topic = reading(chain, {}, time="at", tz="Asia/Seoul")
    at = {"type": "int32", "name": "io.debezium.time.Date", "field": "at"}
    send(chain, topic, envelope([N, at], n=1, at=1), envelope([N], n=2))
    code, said = end_of(chain, chain.start("read"))
    assert code == 2 and f"{topic}[0] 1: column `at` (timestamp) is gone" in said
    [row] = chain.rows("read")
    assert row["_time"] == row["at"] and row["at"].isoformat() == "1970-01-01T15:00:00+00:00"


def test_a_replayed_record_is_read_as_an_envelope_again(chain: Any) -> None:
    topic = reading(chain, {"n": "int"})
    create_topics(chain.kafka, [TopicSpec(chain.specs["read"].replays, 1)])
    send(chain, topic, b'{"n": 1}')
    process = chain.start("read")
    chain.wait_until(lambda: len(dead(chain)) == 1)
    letters.replay(chain.kafka, chain.specs["read"].replays, 1, dead(chain), False)
    chain.wait_until(lambda: len(dead(chain)) == 2)
    process.terminate()
    assert process.wait(30) == 0
    assert [letter.reason for letter in dead(chain)] == [
        "no envelope of Connect's: not an object of `schema` and `payload`"
    ] * 2


def test_the_marker_that_ends_connects_transactions_is_no_lag(chain: Any) -> None:
    topic = reading(chain, {"n": "int"})
    producer = TransactionalProducer(chain.kafka, f"{topic}.connector")
    producer.start()
    producer.begin()
    producer.produce(topic, 0, envelope([N], n=1), None, [])
    producer.commit()
    process = chain.start("read")
    gauge = Gauge(chain.kafka, chain.specs["read"])
    chain.wait_until(lambda: gauge.progress() == (1, 1))
    gauge.close()
    process.terminate()
    code, said = end_of(chain, process)
    assert (code, json.loads(said)["samples"]["amml_lag_records"]) == (0, 0.0)
