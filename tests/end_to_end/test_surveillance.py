"""The paper's surveillance (Fig. 7), and flows joined by event time, though every step dies."""

import json
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from amml_deploy.platform.home import Platform

pytestmark = pytest.mark.platform

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
Rows = list[dict[str, Any]]
Flows = Callable[[str], Flow]

PLACES = ["after_commit:1", "before_commit:1"]
FIG_7 = (
    "normalsource mean=700, std=20, rows=1400, every=1m, rate=1000 | "
    "eval co2 = value + 600 if hour(_time) == 9 else value | split | ( "
    'watch: surveillance cond = co2 > 1000, for=5m, severity="warn" | alert ; '
    "snapshot on=watch, before=10m, after=5m | print )"
)
JOINED = (
    "( a: normalsource rows=4000, every=1s, rate=3000 ; "
    "b: normalsource rows=400, every=10s, seed=1 | filter value > 0 ) | "
    "join within=15s, how='outer' | print"
)


def test_one_rise_is_one_alert_and_one_snapshot_though_every_step_dies(
    platform: Platform, flows: Flows
) -> None:
    flow = flows(FIG_7)
    killed(flow)
    rows = flow.rows("snapshot")
    minutes = [row["_time"].hour * 60 + row["_time"].minute for row in rows]
    assert minutes == list(range(9 * 60 - 5, 9 * 60 + 11))
    begin, over = alerts(platform.kafka, flow.plan.workflow)
    assert {row["event_id"] for row in rows} == {begin["id"]} == {over["id"]}
    assert (begin["state"], over["state"]) == ("firing", "resolved")


@pytest.mark.long
def test_flows_are_joined_by_event_time_though_every_step_dies(flows: Flows) -> None:
    undisturbed, flow = flows(JOINED.replace(", rate=3000", "")), flows(JOINED)
    undisturbed.run()
    killed(flow)
    rows = flow.rows("join")
    assert Counter(map(repr, rows)) == Counter(map(repr, undisturbed.rows("join")))
    assert len(rows) >= 4000


def killed(flow: Flow) -> None:
    """Run a flow, each of whose steps dies at all the places."""
    labels = [step.label for step in flow.plan.steps]
    assert flow.run(**dict.fromkeys(labels, PLACES)) == dict.fromkeys(labels, len(PLACES))


def alerts(kafka: str, workflow: str) -> Rows:
    """The committed alerts of a workflow."""
    reader = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"reader-{uuid.uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    place = TopicPartition("amml.alerts", 0, OFFSET_BEGINNING)
    reader.assign([place])
    _, end = reader.get_watermark_offsets(place, timeout=10)
    found: Rows = []
    while not (at := reader.position([place])[0].offset) >= end - 1 or at < 0:
        message = reader.poll(5)
        if message is None:
            break
        found.append(json.loads(message.value() or b"{}"))
    reader.close()
    return [each for each in found if each.get("workflow") == workflow]
