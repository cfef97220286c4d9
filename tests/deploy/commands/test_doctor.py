"""`amml doctor` as a user types it, on the real platform."""

import json
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec


@pytest.fixture
def orphan(platform: Platform, own: str) -> Generator[str]:
    """A topic whose workflow never was."""
    topic = f"amml.{own}.r1.filter"
    admin = Admin(platform.kafka)
    admin.create_topics([TopicSpec(topic, 1)])
    yield topic
    admin.delete_topics([topic])


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    """What one check said."""
    return [each for each in document["findings"] if each["check"] == check]


def test_it_prints_a_line_for_each_check(on_platform: Callable[..., Any]) -> None:
    ran = on_platform("doctor")
    assert "ok       kafka: Kafka 4.1 at" in ran.out
    assert ran.out.splitlines()[-1] == "no problems"
    assert ran.code == 0


def test_json_has_the_same_findings(on_platform: Callable[..., Any]) -> None:
    document = on_platform("doctor", "--output", "json").document
    assert document["healthy"] is True
    [kafka] = findings(document, "kafka")
    assert list(kafka) == ["check", "level", "message", "meaning", "fix", "leftovers"]


def test_without_a_platform_it_says_so_and_exits_with_1(amml: Callable[..., Any]) -> None:
    ran = amml("doctor")
    assert ran.code == 1
    assert "there is no platform at" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_nothing_is_removed_unless_it_is_asked_for(
    on_platform: Callable[..., Any], platform: Platform, orphan: str
) -> None:
    def there() -> bool:
        return orphan in [topic.name for topic in Admin(platform.kafka).list_topics()]

    assert orphan in on_platform("doctor").out
    assert there()
    refused = on_platform("doctor", "--fix")  # nobody at the terminal to ask
    assert (refused.code, "say so with --yes" in refused.err) == (2, True)
    assert there()
    fixed = on_platform("doctor", "--fix", "--yes", "--output", "json")
    assert orphan in fixed.document["removed"]
    assert orphan not in json.dumps(findings(fixed.document, "topics"))
    assert not there()
    again = on_platform("doctor", "--fix", "--yes", "--output", "json").document
    assert orphan not in again["removed"]


def test_a_step_at_fault_and_its_dead_letters_are_told(
    on_platform: Callable[..., Any], platform: Platform, own: str
) -> None:
    """A row that is no JSON is a dead letter; one without the column stops the workflow."""
    topic = f"{own}.raw"
    Admin(platform.kafka).create_topics([TopicSpec(topic, 1)])
    producer = Producer({"bootstrap.servers": platform.kafka})
    text = f'topic name="{topic}" | filter cond = co2 > 1000 | print'
    try:
        assert on_platform("deploy", own, text, "--wait", "--yes").code == 0
        producer.produce(topic, b"no JSON")
        producer.produce(topic, b'{"other": 1}')
        assert producer.flush(30) == 0
        end = time.monotonic() + 60
        while own not in (said := _said(on_platform, "workflows")):
            assert time.monotonic() < end, said
        assert f"`{own}` has failed" in said and "co2" in said
        assert f"`{own}` has 1 dead letter" in _said(on_platform, "dead_letters")
        assert on_platform("doctor").code == 1
    finally:
        on_platform("undeploy", own, "--yes")
        Admin(platform.kafka).delete_topics([topic])
    assert own not in _said(on_platform, "workflows")


def _said(on_platform: Callable[..., Any], check: str) -> str:
    document = on_platform("doctor", "--output", "json").document
    return json.dumps([each["message"] for each in findings(document, check)])
