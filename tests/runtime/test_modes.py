"""The other ways a step runs: fitted, re-keyed, to and from JSON topics, out of Kafka."""

import json
import socket
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_runtime import tail
from amml_runtime.admin import create_topics, list_topics, remove_prefix
from amml_runtime.spec import InputSpec, OutputSpec, TopicSpec

pytestmark = pytest.mark.kafka

SOURCE = "counting:Counting"
SCALER = "amml_progress.minmax_scaler:MinmaxScaler"
KEY = "amml_progress.key:Key"


def fitted(chain: Any, **more: Any) -> None:
    """A source, the fit of a scaler, and the scaler."""
    chain.step("source", SOURCE, mode="read", arguments={"rows": 101})
    output = OutputSpec(f"amml.{chain.workflow}.r1.minmax_scaler.fit", "json")
    fit = chain.step("minmax_scaler.fit", SCALER, "source", mode="fit", output=output, **more)
    scaler = chain.step("minmax_scaler", SCALER, "source")
    inputs = (*scaler.inputs, InputSpec(output.topic, fit.label, "fit"))
    chain.step("minmax_scaler", SCALER, inputs=inputs)


def test_a_fitted_scaler_holds_its_input_until_the_fit_is_there(chain: Any) -> None:
    fitted(chain)
    scaler = chain.start("minmax_scaler")
    chain.run("source", "minmax_scaler.fit")
    assert scaler.wait(60) == 0
    assert [row["n"] for row in chain.rows("minmax_scaler")] == [n / 100 for n in range(101)]


def test_a_fit_started_again_writes_no_second_record(chain: Any) -> None:
    fitted(chain)
    chain.run("source", "minmax_scaler.fit")
    chain.run("minmax_scaler.fit")
    records = chain.rows("minmax_scaler.fit")
    assert len(records) == 1
    assert json.loads(records[0]["params"])["columns"]["n"]["max"] == 100


def test_a_fit_of_an_endless_input_takes_its_first_rows(chain: Any) -> None:
    fitted(chain, bounded=False, options={"fit_rows": 11})
    chain.run("source", "minmax_scaler.fit")
    (record,) = chain.rows("minmax_scaler.fit")
    assert (json.loads(record["params"])["columns"]["n"]["max"], record["rows"]) == (10, 11)


def test_a_step_that_rekeys_writes_every_row_where_its_key_belongs(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", partitions=3, arguments={"rows": 300, "keys": 5})
    chain.step("key", KEY, "source", partitions=3, rekeyed=True, arguments={"by": ["n"]})
    chain.step("sum", "running_sum:RunningSum", "key", partitions=3)
    chain.run()
    rows = chain.rows("key")
    assert sorted(row["n"] for row in rows) == [*range(300)]
    assert all(row["_key"] == str(row["n"]) for row in rows)
    assert sum(row["total"] for row in chain.rows("sum") if row["n"] < 0) == sum(range(300))


def topic_step(chain: Any, records: list[bytes | None]) -> str:
    """A step that reads a JSON topic holding these records, and never ends by itself."""
    topic = f"{chain.workflow}.in"
    create_topics(chain.kafka, [TopicSpec(topic, 1)])
    producer = Producer({"bootstrap.servers": chain.kafka})
    for record in records:
        producer.produce(topic, record, b"k", partition=0)
    producer.flush()
    inputs = (InputSpec(topic, "", format="json", foreign=True),)
    arguments = {"name": topic}
    component = "amml_ingress.topic:Topic"
    chain.step("topic", component, inputs=inputs, arguments=arguments, bounded=False)
    return topic


POISON = [b"\xff\xfe", b"{", b"[1]", b'{"n": NaN}', b"[" * 200_000, None, b""]


def test_poison_goes_to_the_dead_letters_with_its_bytes_and_nothing_else_does(chain: Any) -> None:
    good = [json.dumps({"n": n}).encode() for n in range(50)]
    topic = topic_step(chain, [*good[:25], *POISON, *good[25:]])
    process = chain.start("topic")
    chain.wait_until(lambda: len(chain.rows("topic")) == 50)
    process.terminate()
    assert process.wait(10) == 0
    assert [row["n"] for row in chain.rows("topic")] == [*range(50)]
    assert {row["_key"] for row in chain.rows("topic")} == {"k"}
    assert len(chain.dead_letters()) == len(POISON)
    remove_prefix(chain.kafka, topic)


def test_where_now_is_is_written_down_before_anything_is_read(chain: Any) -> None:
    """An idle step that is killed must not ask again: rows would fall between two "now"."""
    topic = topic_step(chain, [b'{"n": 1}'])
    spec = chain.specs["topic"]
    chain.step("topic", spec.component, inputs=(replace(spec.inputs[0], start="now"),),
               arguments=spec.arguments, bounded=False)  # fmt: skip
    first = started_and_heard(chain, "topic")
    assert len(committed(chain, spec.changelog)) > 0
    first.kill()
    first.wait(10)
    producer = Producer({"bootstrap.servers": chain.kafka})
    producer.produce(topic, b'{"n": 2}', partition=0)
    producer.flush()
    chain.start("topic")
    chain.wait_until(lambda: [row["n"] for row in chain.rows("topic")] == [2])
    remove_prefix(chain.kafka, topic)


def test_what_arrives_while_a_step_waits_for_its_fit_is_read_after_it(chain: Any) -> None:
    """For a step, "now" is when it says that it is there, not when it has its parameters."""
    fitted(chain)
    scaler = chain.specs["minmax_scaler"]
    main, fit = scaler.inputs
    chain.step("minmax_scaler", SCALER, inputs=(replace(main, start="now"), fit))
    process = started_and_heard(chain, "minmax_scaler")
    chain.run("source", "minmax_scaler.fit")
    assert process.wait(60) == 0
    assert len(chain.rows("minmax_scaler")) == 101


def started_and_heard(chain: Any, label: str) -> "subprocess.Popen[bytes]":
    """The process of a step, once it answers at its port: then it is taken to be there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = chain.start(label, port=port)
    chain.wait_until(lambda: answers(port))
    return process


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def committed(chain: Any, changelog: str | None) -> list[Any]:
    return list(tail.follow(chain.kafka, str(changelog), follow=False))


def test_a_row_too_large_for_a_message_goes_to_the_dead_letters(chain: Any) -> None:
    rows = [{"n": 1}, {"n": 2, "text": "x" * 950_000}, {"n": 3}]
    topic = topic_step(chain, [json.dumps(row).encode() for row in rows])
    chain.start("topic")
    chain.wait_until(lambda: [row["n"] for row in chain.rows("topic")] == [1, 3])
    assert len(chain.dead_letters()) == 1
    remove_prefix(chain.kafka, topic)


def test_a_json_output_holds_one_record_a_row(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 20, "keys": 2})
    output = OutputSpec(f"{chain.workflow}.out", "json")
    chain.step("sum", "running_sum:RunningSum", "source", output=output)
    chain.run()
    rows = chain.rows("sum")
    assert [row["n"] for row in rows] == [*range(20), -1]
    assert [row["_key"] for row in rows[:2]] == ["0", "1"]
    remove_prefix(chain.kafka, output.topic)


def test_rows_that_leave_kafka_are_written_before_their_position(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read", arguments={"rows": 30})
    chain.step("print", "amml_egress.print:Print", "source", mode="write", output=None)
    chain.run("source")
    assert chain.start("print", fail_point="before_commit").wait(60) == -9
    chain.run("print")
    printed = [json.loads(line) for line in chain.log("print").splitlines() if line[0] == "{"]
    assert {row["n"] for row in printed} == {*range(30)}
    assert len({row["_src"] for row in printed}) == 30


def test_removing_a_prefix_leaves_other_topics(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read")
    neighbour = f"amml.{chain.workflow}x.r1.source"
    create_topics(chain.kafka, [TopicSpec(neighbour, 1)])
    remove_prefix(chain.kafka, f"amml.{chain.workflow}.")
    left = [topic.name for topic in list_topics(chain.kafka) if chain.workflow in topic.name]
    assert left == [neighbour]
    remove_prefix(chain.kafka, neighbour)


@pytest.mark.long
@pytest.mark.long
def test_a_broker_that_is_down_is_named(chain: Any) -> None:
    chain.step("source", SOURCE, mode="read")
    chain.kafka = "127.0.0.1:9"
    assert chain.start("source").wait(60) == 1
    assert "Kafka at 127.0.0.1:9 does not answer" in chain.log("source")


@pytest.fixture(autouse=True)
def keep_the_address(chain: Any, kafka: str) -> Any:
    """A test may point the chain elsewhere; cleaning up needs the real broker."""
    yield
    chain.kafka = kafka
