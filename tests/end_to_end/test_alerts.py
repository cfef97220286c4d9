"""From a row to `amml alerts`: each alert once, though the step that raises them is killed."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.control import Control

pytestmark = pytest.mark.platform

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
ROWS = 40


@pytest.mark.long
def test_every_row_is_one_alert_though_its_step_is_killed(
    flows: Callable[..., Flow], control: Control
) -> None:
    flow = flows(f'normalsource rows={ROWS}, rate=40, seed=7 | alert severity="info", value=value')
    assert flow.run(alert="before_commit:2") == {"alert": 1}
    raised = {row["value"] for row in flow.rows("normalsource")}
    end = time.monotonic() + 60
    while len(found := alerts_of(control, flow.plan.workflow)) < ROWS:
        assert time.monotonic() < end, len(found)
        time.sleep(0.1)
    assert len(found) == len({each["id"] for each in found}) == ROWS
    assert {each["value"] for each in found} == raised
    assert all([c["what"] for c in history(control, each)] == ["firing"] for each in found[:3])


def alerts_of(control: Control, workflow: str) -> list[Any]:
    return control.get("/alerts", workflow=workflow, limit=1000)


def history(control: Control, alert: dict[str, Any]) -> list[Any]:
    return control.get(f"/alerts/{alert['id']}")["history"]
