"""Schedules and their runs: who takes one, for how long, and what is kept."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from amml_model_manager.store import schedules

HOURLY: dict[str, Any] = {"run": "lake compact co2", "every_ms": 3_600_000}
Claim = Callable[..., requests.Response]


@pytest.fixture
def ask(api: requests.Session) -> Callable[[], str]:
    """Want a run of `compact` now; when it is due."""
    return lambda: api.post("/schedules/compact/now").json()["due"]


@pytest.fixture
def claim(api: requests.Session) -> Claim:
    """Take the run of `compact` that is due at a time."""

    def take(due: str, by: str = "a:1", lease: float = 60) -> requests.Response:
        body = {"by": by, "due": due, "lease": lease}
        return api.post("/schedules/compact/runs", json=body)

    return take


@pytest.fixture(autouse=True)
def compact(api: requests.Session) -> dict[str, Any]:
    """An hourly schedule."""
    answer = api.put("/schedules/compact", json=HOURLY)
    assert answer.status_code == 200, answer.text
    return answer.json()


def runs(api: requests.Session) -> list[dict[str, Any]]:
    return api.get("/schedules/compact").json()["runs"]


def end(api: requests.Session, run: int, by: str = "a:1", **how: Any) -> requests.Response:
    body = {"by": by, "state": "completed", "exit_code": 0} | how
    return api.put(f"/schedules/compact/runs/{run}", json=body)


def test_a_schedule_is_listed_with_its_newest_run_and_the_time(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    found = api.get("/schedules").json()
    [schedule] = found["schedules"]
    assert schedule.items() >= HOURLY.items()
    assert (schedule["missed"], schedule["paused"], schedule["latest"]) == ("once", False, None)
    assert datetime.fromisoformat(schedule["last"]) < datetime.fromisoformat(found["now"])
    run = claim(ask()).json()
    [schedule] = api.get("/schedules").json()["schedules"]
    assert schedule["latest"] == run


def test_only_another_rule_is_counted_anew(api: requests.Session, compact: dict[str, Any]) -> None:
    assert api.put("/schedules/compact", json=HOURLY).json()["updated"] == compact["updated"]
    other = api.put("/schedules/compact", json=HOURLY | {"run": "lake compact *"}).json()
    assert (other["anchor"], other["last"]) == (compact["anchor"], compact["last"])
    daily = {"run": "lake compact co2", "cron": "0 3 * * *", "tz": "Asia/Seoul"}
    assert api.put("/schedules/compact", json=daily).json()["last"] > compact["last"]
    start = "2030-01-01T00:00:00Z"
    later = api.put("/schedules/compact", json=HOURLY | {"start": start}).json()
    assert datetime.fromisoformat(later["anchor"]) == datetime.fromisoformat(start)


def test_a_due_time_is_claimed_once_by_one_of_many(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    due = ask()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, [due] * 16, [f"scheduler:{n}" for n in range(16)]))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + 15 * [409]
    [run] = runs(api)
    assert end(api, run["id"], run["by"]).status_code == 200
    assert claim(due).status_code == 409


def test_one_run_at_a_time_and_none_before_its_time_or_twice(
    api: requests.Session, claim: Claim, ask: Callable[[], str], compact: dict[str, Any]
) -> None:
    settled = datetime.fromisoformat(compact["last"])
    assert claim(settled.isoformat()).status_code == 409
    assert claim((settled + timedelta(hours=1)).isoformat()).status_code == 409
    first = claim(ask()).json()
    second = ask()
    assert claim(second, "b:2").status_code == 409
    assert end(api, first["id"]).status_code == 200
    assert claim(second, "b:2").status_code == 200


def test_a_run_asked_for_leaves_the_due_times_alone_and_is_asked_for_once(
    api: requests.Session, claim: Claim, ask: Callable[[], str], compact: dict[str, Any]
) -> None:
    due = ask()
    assert ask() == due
    claim(due)
    found = api.get("/schedules/compact").json()
    assert (found["asked"], found["last"]) == (None, compact["last"])
    assert ask() != due


def test_a_due_run_settles_its_time_and_all_before_it(
    api: requests.Session, claim: Claim, compact: dict[str, Any]
) -> None:
    due = (datetime.fromisoformat(compact["last"]) + timedelta(milliseconds=1)).isoformat()
    run = claim(due).json()
    assert datetime.fromisoformat(run["due"]) == datetime.fromisoformat(due)
    assert api.get("/schedules/compact").json()["last"] == run["due"]
    end(api, run["id"])
    assert claim(due).status_code == 409


def test_a_run_whose_scheduler_died_is_lost_and_the_next_one_can_be_taken(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    first = claim(ask(), lease=0.5).json()
    second = ask()
    assert claim(second, "b:2").status_code == 409
    time.sleep(0.6)
    assert [run["state"] for run in runs(api)] == ["lost"]
    assert claim(second, "b:2").status_code == 200
    assert [run["state"] for run in runs(api)] == ["running", "lost"]
    renewal = {"by": "a:1", "lease": 60}
    assert api.patch(f"/schedules/compact/runs/{first['id']}", json=renewal).status_code == 409
    assert end(api, first["id"]).status_code == 409
    assert runs(api)[1]["ended"] > first["started"]


def test_a_renewed_lease_keeps_a_run(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    run = claim(ask(), lease=0.5).json()
    renewal = {"by": "a:1", "lease": 60}
    assert api.patch(f"/schedules/compact/runs/{run['id']}", json=renewal).status_code == 200
    time.sleep(0.6)
    assert [each["state"] for each in runs(api)] == ["running"]
    stranger = {"by": "b:2", "lease": 60}
    assert api.patch(f"/schedules/compact/runs/{run['id']}", json=stranger).status_code == 409
    assert end(api, run["id"], by="b:2").status_code == 409


def test_an_end_may_be_repeated_and_not_changed(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    run = claim(ask()).json()["id"]
    how: dict[str, Any] = {"state": "failed", "exit_code": 1, "output": ["error: no\0 lake", "b"]}
    for _ in range(2):
        assert end(api, run, **how).status_code == 200
    assert end(api, run).status_code == 409
    [found] = runs(api)
    assert (found["state"], found["exit_code"]) == ("failed", 1)
    assert found["output"] == ["error: no\\x00 lake", "b"]


def test_a_paused_schedule_runs_only_when_asked_and_makes_up_for_nothing(
    api: requests.Session, claim: Claim, ask: Callable[[], str], compact: dict[str, Any]
) -> None:
    due = (datetime.fromisoformat(compact["last"]) + timedelta(milliseconds=1)).isoformat()
    assert api.patch("/schedules/compact", json={"paused": True}).json()["paused"]
    assert claim(due).status_code == 409
    end(api, claim(ask()).json()["id"])
    resumed = api.patch("/schedules/compact", json={"paused": False}).json()
    assert resumed["last"] > due
    assert claim(due).status_code == 409


def test_only_the_last_runs_are_kept(
    api: requests.Session,
    claim: Claim,
    ask: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert schedules.KEPT == 100
    monkeypatch.setattr(schedules, "KEPT", 3)
    ids: list[int] = []
    for _ in range(5):
        ids.append(claim(ask()).json()["id"])
        end(api, ids[-1])
    assert [run["id"] for run in runs(api)] == ids[:1:-1]


def test_a_running_schedule_is_not_deleted(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    run = claim(ask()).json()["id"]
    refused = api.delete("/schedules/compact")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "schedule_runs")
    end(api, run)
    assert api.delete("/schedules/compact").status_code == 200
    gone = api.get("/schedules/compact")
    assert (
        gone.json()["error"]["message"] == "schedule `compact` does not exist; there are none yet"
    )


def test_what_is_no_schedule_is_refused(api: requests.Session) -> None:
    for wrong in (
        {"run": "doctor"},
        {"run": "doctor", "every_ms": 10},
        {"run": "doctor", "every_ms": 10_000, "cron": "* * * * *"},
        {"run": "", "every_ms": 10_000},
        {"run": "doctor", "every_ms": 10_000, "missed": "sometimes"},
        {"run": "doctor", "every_ms": 10_000, "start": "2026-01-01T00:00:00"},
        {"run": "doctor", "every_ms": 10_000, "color": "red"},
    ):
        assert api.put("/schedules/x", json=wrong).status_code == 422
    assert api.put("/schedules/Not.A.Name", json=HOURLY).status_code == 422
    assert api.patch(f"/schedules/compact/runs/{10**30}", json={}).status_code == 422


def test_changes_are_in_the_audit_and_runs_are_not(
    api: requests.Session, claim: Claim, ask: Callable[[], str]
) -> None:
    end(api, claim(ask()).json()["id"])
    api.patch("/schedules/compact", json={"paused": True})
    api.delete("/schedules/compact")
    actions = [entry["action"] for entry in api.get("/audit").json()]
    assert actions == ["schedule.delete", "schedule.pause", "schedule.ask", "schedule.put"]
