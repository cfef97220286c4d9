"""Rules of retention, and the record of deletions."""

from typing import Any

import pytest
import requests

PLAN = "20261122T025000Z-0123456789ab"
AGE: dict[str, Any] = {"max_age_ms": 86_400_000, "max_bytes": None, "hold": None}


@pytest.fixture(autouse=True)
def rule(api: requests.Session) -> dict[str, Any]:
    """Rows of `co2` are kept for a day."""
    answer = api.patch("/retention/co2", json={"max_age_ms": 86_400_000})
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(api: requests.Session, state: str, **detail: Any) -> requests.Response:
    body = {"state": state, "detail": {"rule": AGE, "rows": 5} | detail}
    return api.put(f"/retention/co2/deletions/{PLAN}", json=body)


def test_parts_of_a_rule_are_set_one_by_one(api: requests.Session) -> None:
    api.patch("/retention/co2", json={"max_bytes": 10})
    api.patch("/retention/co2", json={"max_age_ms": None, "hold": "case 7"})
    api.patch("/retention/topic:co2.raw", json={"max_age_ms": 1000})
    held, topic = api.get("/retention").json()
    assert (held["max_age_ms"], held["max_bytes"], held["hold"]) == (None, 10, "case 7")
    assert topic["thing"] == "topic:co2.raw"


def test_a_rule_that_holds_is_not_removed(api: requests.Session) -> None:
    api.patch("/retention/co2", json={"hold": "case 7"})
    refused = api.delete("/retention/co2")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409,
        "`co2` is held: case 7",
    )
    api.patch("/retention/co2", json={"hold": None})
    assert api.delete("/retention/co2").status_code == 200
    assert api.get("/retention/co2").status_code == 404


def test_a_deletion_is_noted_before_and_after(api: requests.Session) -> None:
    for state in ("begun", "begun", "done", "done"):  # an answer was lost, and it is said again
        assert say(api, state).status_code == 200
    [deletion] = api.get("/retention/co2").json()["deletions"]
    assert (deletion["plan"], deletion["state"], deletion["detail"]["rows"]) == (PLAN, "done", 5)
    noted = [(each["action"], each["object"]) for each in api.get("/audit?limit=2").json()]
    assert noted == [("retention.done", "co2"), ("retention.begun", "co2")]
    assert say(api, "begun").status_code == 409


def test_a_deletion_that_was_given_up_may_begin_again(api: requests.Session) -> None:
    assert say(api, "given up").status_code == 409
    say(api, "begun")
    assert say(api, "given up").status_code == 200
    assert say(api, "done").status_code == 409
    assert say(api, "begun").status_code == 200
    [deletion] = api.get("/retention/co2").json()["deletions"]
    assert (deletion["state"], deletion["ended"]) == ("begun", None)


def test_no_deletion_begins_under_another_rule_or_a_hold(api: requests.Session) -> None:
    assert say(api, "begun", rule=AGE | {"max_bytes": 1}).json()["error"]["code"] == "rule_changed"
    held = AGE | {"hold": "case 7"}
    api.patch("/retention/co2", json={"hold": "case 7"})
    assert say(api, "begun", rule=held).json()["error"]["code"] == "held"
    assert say(api, "begun", rule=held, forced=True).status_code == 200


def test_what_is_no_rule_is_refused(api: requests.Session) -> None:
    for thing in ("Co2", "topic:", "topic:a b", "model:x"):
        assert api.patch(f"/retention/{thing}", json={"max_bytes": 1}).status_code == 422
    for body in ({"max_age_ms": 1}, {"max_bytes": -1}, {"hold": ""}, {"days": 3}):
        assert api.patch("/retention/co2", json=body).status_code == 422
    assert api.put("/retention/co2/deletions/x", json={}).status_code == 422
