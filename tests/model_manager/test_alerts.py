"""Alerts."""

from typing import Any

import requests


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "workflow": "hot",
        "step": "alert",
        "key": None,
        "id": "hot.r1.alert/1",
        "state": "firing",
        "severity": "warning",
        "time": "2016-07-01T00:00:00Z",
        "value": 41.5,
        "message": "OT > 40",
        "src": {"topic": "amml.hot.r1.source", "partition": 0, "offset": 17},
    } | changes


def test_an_alert_is_kept_once_however_often_it_is_sent(api: requests.Session) -> None:
    assert api.post("/alerts", json=alert()).json() == {"received": 1, "changed": 1}
    assert api.post("/alerts", json=[alert(), alert()]).json() == {"received": 2, "changed": 0}
    (found,) = api.get("/alerts").json()
    assert {key: found[key] for key in alert()} == alert()


def test_a_replay_never_takes_a_state_back(api: requests.Session) -> None:
    resolved = alert(state="resolved", time="2016-07-01T00:10:00Z")
    assert api.post("/alerts", json=[resolved, alert()]).json()["changed"] == 2
    assert api.post("/alerts", json=alert()).json()["changed"] == 0
    assert [a["state"] for a in api.get("/alerts").json()] == ["resolved"]


def test_alerts_are_found_by_workflow_and_state(api: requests.Session) -> None:
    many = [
        alert(id=f"a{n}", time=f"2016-07-01T00:{n:02}:00Z", workflow=["hot", "cold"][n % 2])
        for n in range(10)
    ]
    many.append(alert(id="b", state="resolved", time="2016-07-02T00:00:00Z"))
    assert api.post("/alerts", json=many).json()["changed"] == 11
    assert [a["id"] for a in api.get("/alerts?limit=3").json()] == ["b", "a9", "a8"]
    assert len(api.get("/alerts?workflow=cold").json()) == 5
    assert [a["id"] for a in api.get("/alerts?workflow=hot&state=resolved").json()] == ["b"]


def test_what_cannot_be_stored_is_escaped_not_refused(api: requests.Session) -> None:
    headers = {"Content-Type": "application/json"}
    body = (
        '{"workflow": "hot", "step": "alert", "id": "x\\u0000y", "state": "firing",'
        ' "severity": "warning", "time": "2016-07-01T00:00:00Z", "value": NaN,'
        ' "message": "a\\u0000b \\ud800", "key": "k\\u0000"}'
    )
    assert api.post("/alerts", data=body, headers=headers).status_code == 200
    (found,) = api.get("/alerts").json()
    assert (found["id"], found["value"], found["key"]) == ("x\\x00y", None, "k\\x00")
    assert found["message"] == "a\\x00b \\ud800"


def test_a_wrong_alert_is_refused_with_its_place(api: requests.Session) -> None:
    for wrong in ({"time": "2016-07-01T00:00:00"}, {"workflow": "../x"}, {"id": ""}, {"new": 1}):
        assert api.post("/alerts", json=alert(**wrong)).status_code == 422
    answer = api.post("/alerts", json=[alert(), alert(time="soon")])
    assert "1.time" in answer.text
    assert api.get("/alerts").json() == []


def test_at_most_a_thousand_come_at_once(api: requests.Session) -> None:
    many = [alert(id=str(number)) for number in range(1001)]
    assert api.post("/alerts", json=many).status_code == 422
    assert api.post("/alerts", json=many[1:]).json()["changed"] == 1000
