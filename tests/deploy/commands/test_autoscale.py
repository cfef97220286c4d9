"""`--autoscale`: the platform gives steps as many processes as they need."""

import json
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_runtime import tail
from amml_runtime.admin import Admin
from amml_runtime.spec import TopicSpec

pytestmark = pytest.mark.platform

Amml = Callable[..., Any]


@pytest.fixture
def topic(platform: Platform, own: str) -> Generator[str]:
    """A named topic of two partitions."""
    name = f"{own}.raw"
    Admin(platform.kafka).create_topics([TopicSpec(name, 2)])
    yield name
    Admin(platform.kafka).delete_topics([name])


def slots(on_platform: Amml, workflow: str) -> dict[str, int]:
    """How many processes each step is to have."""
    steps = on_platform("status", workflow, "--output", "json").document["steps"]
    return {step["label"]: step["running"] for step in steps}


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)


@pytest.mark.long
def test_steps_are_brought_within_the_bounds_and_sleepers_are_woken_by_the_first_row(
    on_platform: Amml, platform: Platform, own: str, topic: str
) -> None:
    text = f'topic name="{topic}" | filter cond = n >= 0 | print'
    try:
        deployed = on_platform(
            "deploy", own, text, "--partitions", "2", "--autoscale", "min=2", "max=2"
        )
        assert deployed.code == 0
        wait_until(lambda: set(slots(on_platform, own).values()) == {2})
        words = ["--autoscale", "max=2", "min=0", "--wait"]
        assert on_platform("deploy", own, text, *words).code == 0
        paused = [f"{own}.{label}=0" for label in ("topic", "filter", "print")]
        assert on_platform("scale", *paused, "--wait").code == 0
        assert set(slots(on_platform, own).values()) == {0}
        producer = Producer({"bootstrap.servers": platform.kafka})
        for n in range(100):
            producer.produce(topic, json.dumps({"n": n}), partition=n % 2)
        assert producer.flush(30) == 0
        edge = f"amml.{own}.r1.filter"
        wait_until(lambda: len(rows(platform, edge)) >= 100)
        assert sorted(row["n"] for row in rows(platform, edge)) == [*range(100)]
        assert on_platform("deploy", own, text, "--no-autoscale").code == 0
        assert on_platform("list", "--output", "json").code == 0
    finally:
        on_platform("undeploy", own, "--yes")


def rows(platform: Platform, edge: str) -> list[dict[str, Any]]:
    return list(tail.follow(platform.kafka, edge, last=1000, follow=False))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--autoscale", "min=0", "max=4"], "at most as many processes as partitions, here 1"),
        (["--autoscale", "min=3", "max=2"], "expected 0 <= min <= max"),
        (["--autoscale", "min=0", "max=0"], "max from 1"),
        (["--autoscale", "least=0", "max=1"], "expected min=N max=N"),
        (["--autoscale", "min=0", "min=1"], "expected min=N max=N"),
    ],
)
def test_bounds_that_cannot_be_are_refused(
    on_platform: Amml, own: str, words: list[str], said: str
) -> None:
    ran = on_platform("deploy", own, "normalsource rate=1 | print", *words)
    assert ran.code == 2 and said in ran.err


def test_what_ends_by_itself_is_not_scaled_by_load(on_platform: Amml, own: str) -> None:
    words = ["--autoscale", "min=0", "max=1"]
    ran = on_platform("deploy", own, "normalsource rows=10 | print", *words)
    assert ran.code == 2 and "ends by itself" in ran.err
