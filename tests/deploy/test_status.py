from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amml_deploy.status import ports, step_rows, summary

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def slot(state: str, port: int = 0, **more: Any) -> dict[str, Any]:
    return {"slot": 0, "state": state, "pid": 1 if port else None, "metrics_port": port} | more


def workflow(seconds_ago: float | None = 1, **steps: list[dict[str, Any]]) -> dict[str, Any]:
    reported = None if seconds_ago is None else (NOW - timedelta(seconds=seconds_ago)).isoformat()
    status = None if seconds_ago is None else {"state": "running", "steps": steps}
    base = {"name": "hot", "desired": "running", "run": 1, "version": 2}
    return base | {"reported_at": reported, "status": status}


@pytest.mark.parametrize(
    ("ago", "state"), [(1, "running"), (15, "running"), (15.1, "unknown"), (None, "unknown")]
)
def test_an_old_report_is_not_shown_as_the_state(ago: float | None, state: str) -> None:
    found = summary(workflow(ago), NOW)
    assert found["state"] == state
    assert found["stale"] == (state == "unknown")
    assert found["reported_state"] == ("running" if ago else None)


def test_a_step_is_in_the_state_of_its_worst_slot() -> None:
    slots = [slot("running"), slot("restarting", reason="exit 1", restarts=4), slot("running")]
    [row] = step_rows(workflow(filter=slots), {}, {}, 1)
    assert (row["state"], row["reason"], row["restarts"]) == ("restarting", "exit 1", 4)
    assert (row["running"], row["slots"]) == (2, 3)


def test_steps_come_in_the_order_of_the_plan() -> None:
    document = workflow(print=[slot("running")], source=[slot("running")])
    document["plan"] = {"steps": [{"label": "source"}, {"label": "filter"}, {"label": "print"}]}
    rows = step_rows(document, {}, {}, 1)
    assert [row["label"] for row in rows] == ["source", "filter", "print"]
    assert (rows[1]["state"], rows[1]["slots"]) == (None, 0)


def test_the_rate_is_what_moved_between_two_looks() -> None:
    document = workflow(filter=[slot("running", 7)])
    before, after = {7: {"amml_rows_in_total": 100.0}}, {7: {"amml_rows_in_total": 350.0}}
    [row] = step_rows(document, before, after, 0.5)
    assert (row["rows_in"], row["rows_per_second"]) == (350, 500.0)


def test_a_step_that_does_not_answer_has_no_figures() -> None:
    [row] = step_rows(workflow(filter=[slot("running", 7)]), {}, {}, 1)
    assert row["rows_in"] is None and row["rows_per_second"] is None


def test_only_the_ports_of_living_processes_are_asked() -> None:
    assert ports(workflow(a=[slot("running", 7)], b=[slot("completed")])) == [7]


def test_a_step_that_has_ended_keeps_its_last_figures() -> None:
    ended = slot("completed", samples={"amml_rows_in_total": 7.0, "amml_rows_out_total": 5.0})
    [row] = step_rows(workflow(filter=[ended]), {}, {}, 1)
    assert (row["rows_in"], row["rows_out"]) == (7, 5)
