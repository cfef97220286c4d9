"""`amml dlq` on the real platform: count, show, mend, send back."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec

pytestmark = pytest.mark.platform


@pytest.fixture
def write(platform: Platform, own: str) -> Iterator[Callable[[bytes], None]]:
    """Writes a record to a topic `<own>.raw` of others."""
    admin, name = Admin(platform.kafka), f"{own}.raw"
    admin.create_topics([TopicSpec(name, 1)])
    producer = Producer({"bootstrap.servers": platform.kafka})

    def write(value: bytes) -> None:
        producer.produce(name, value, b"k")
        producer.flush()

    yield write
    admin.delete_topics([name])


@pytest.fixture
def deploy(on_platform: Any, own: str) -> Callable[[str, str], None]:
    """Names the topic with a type of its column, and runs a filter on it."""

    def deploy(type_: str, condition: str) -> None:
        source = ["--topic", f"{own}.raw", "--columns", f"co2:{type_}"]
        assert on_platform("source", "add", own, *source).code == 0
        text = f'source id="{own}" | filter cond = {condition} | print'
        ran = on_platform("deploy", own, text, "--wait", "--yes", "--set", "source.from=start")
        assert ran.code == 0, ran.err

    return deploy


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)


def test_what_was_refused_is_shown_and_once_it_is_mended_sent_back_once(
    on_platform: Any, own: str, write: Callable[[bytes], None], deploy: Callable[[str, str], None]
) -> None:
    def numbers() -> list[int]:
        return [letter["number"] for letter in in_json("dlq", "show", own)]

    def in_json(*words: str) -> Any:
        return on_platform(*words, "--output", "json").document

    def values() -> list[Any]:
        ran = on_platform("tail", f"{own}.filter", "--no-follow", "--output", "json")
        return [json.loads(line)["co2"] for line in ran.out.splitlines()]

    deploy("float", "co2 > 400")
    for value in (b'{"co2": 412}', b'{"co2": "high"}', b"\x1b{"):
        write(value)
    until(lambda: len(numbers()) == 2)
    high, broken = numbers()
    assert sum(each["letters"] for each in in_json("dlq", "list", own)) == 2
    shown = on_platform("dlq", "show", own).out
    assert "high" in shown and r"\x1b{" in shown and "\x1b" not in shown
    dry = on_platform("dlq", "replay", own, "--dry-run").out
    assert "2 dead letters would be sent back" in dry

    deploy("string", 'co2 != "low"')
    assert in_json("dlq", "replay", own)["replayed"] == [high, broken]
    until(lambda: "high" in values())
    until(lambda: len(numbers()) == 3)  # what is no JSON is refused anew
    assert in_json("dlq", "replay", own, "--dry-run")["replayed"] == numbers()[2:]
    assert values().count("high") == 1
    assert on_platform("undeploy", own, "--yes").code == 0
    gone = on_platform("dlq", "replay", own)
    assert gone.code == 2 and own in gone.err


def test_an_unknown_workflow_is_refused(on_platform: Any, own: str) -> None:
    ran = on_platform("dlq", "show", own)
    assert ran.code == 2 and f"no workflow `{own}`" in ran.err


def test_a_workflow_that_has_ended_says_that_nobody_reads_its_letters(
    on_platform: Any, own: str
) -> None:
    assert on_platform("deploy", own, "normalsource rows=5 | print", "--wait").code == 0
    assert "no dead letters" in on_platform("dlq", "list", own).err
    ran = on_platform("dlq", "replay", own)
    assert ran.code == 1 and f"`amml run {own}` reads everything anew" in ran.err
    on_platform("undeploy", own, "--yes")
