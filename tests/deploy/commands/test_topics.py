from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.commands.topics import describe


@pytest.mark.parametrize(
    ("topic", "workflow", "run", "step"),
    [
        ("amml.hot.r12.filter", "hot", 12, "filter"),
        ("amml.ett-train.r1.minmax_scaler.fit", "ett-train", 1, "minmax_scaler.fit"),
        ("amml.hot.dlq", "hot", None, "dlq"),
        ("amml.alerts", None, None, None),
        ("co2.raw", None, None, None),
    ],
)
def test_a_topic_says_whose_it_is(
    topic: str, workflow: str | None, run: int | None, step: str | None
) -> None:
    found = describe(topic, 1)
    assert (found["workflow"], found["run"], found["step"]) == (workflow, run, step)


def test_a_broker_that_is_down_is_one_message(
    amml: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amml_runtime.admin.TIMEOUT", 1.0)
    monkeypatch.setenv("AMML_KAFKA", "127.0.0.1:1")
    ran = amml("topics")
    assert ran.code == 1 and "Kafka at 127.0.0.1:1 does not answer" in ran.err
    assert "run `amml up`" in ran.err
