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
    times = ({"time": "2016-07-01T00:00:00"}, {"time": None})
    wrongs = (*times, {"workflow": "../x"}, {"id": ""}, {"new": 1}, {"state": "x"})
    for wrong in wrongs:
        assert api.post("/alerts", json=alert(**wrong)).status_code == 422
    answer = api.post("/alerts", json=[alert(), alert(time="soon")])
    assert "1.time" in answer.text
    assert api.get("/alerts").json() == []


def test_at_most_a_thousand_come_at_once(api: requests.Session) -> None:
    many = [alert(id=str(number)) for number in range(1001)]
    assert api.post("/alerts", json=many).status_code == 422
    assert api.post("/alerts", json=many[1:]).json()["changed"] == 1000


def test_an_alert_goes_on_through_its_states_and_never_back(api: requests.Session) -> None:
    states = ["pending", "firing", "resolved"]
    for state in states:  # all at one time: the state alone decides
        assert api.post("/alerts", json=alert(state=state)).json()["changed"] == 1
    for state in states:
        later = "2016-07-02T00:00:00Z" if state != "resolved" else "2016-07-01T00:00:00Z"
        assert api.post("/alerts", json=alert(state=state, time=later)).json()["changed"] == 0
    found = api.get("/alerts/hot.r1.alert/1").json()
    assert found["state"] == "resolved"
    assert [(each["what"], each["actor"]) for each in found["history"]] == [
        *((state, None) for state in states)
    ]


def test_what_is_open_is_what_is_not_resolved(api: requests.Session) -> None:
    many = [alert(id=state, state=state) for state in ("pending", "firing", "resolved")]
    api.post("/alerts", json=many)
    assert {a["id"] for a in api.get("/alerts?open=true").json()} == {"pending", "firing"}


def test_what_is_said_of_an_alert_holds_for_the_earlier_ones_of_its_key(
    api: requests.Session,
) -> None:
    keys = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "n1": None}
    many = [
        alert(id=id, key=key, time=f"2016-07-01T00:0{n}:00Z")
        for n, (id, key) in enumerate(keys.items())
    ]
    api.post("/alerts", json=many)
    headers = {"X-Amml-Actor": "ada"}
    seen = api.patch("/alerts/a2", json={"acknowledged": True}, headers=headers).json()
    assert (seen["acknowledged_by"], seen["history"][-1]["what"]) == ("ada", "acknowledged")
    api.patch("/alerts/a1", json={"acknowledged": True}, headers={"X-Amml-Actor": "bob"})
    shown = {a["id"]: a["acknowledged_by"] for a in api.get("/alerts").json()}
    assert shown == {"a1": "ada", "a2": "ada", "a3": None, "b1": None, "n1": None}
    api.patch("/alerts/a2", json={"resolved": True}, headers=headers)
    assert {a["id"] for a in api.get("/alerts?open=true").json()} == {"a3", "b1", "n1"}
    assert api.post("/alerts", json=many).json()["changed"] == 0, "a replay changes nothing"
    assert [a["action"] for a in api.get("/audit?limit=3").json()] == [
        "alert.resolve",
        "alert.acknowledge",
        "alert.acknowledge",
    ]


def test_a_silence_is_of_a_key_and_ends(api: requests.Session) -> None:
    api.post("/alerts", json=[alert(id="n1", key=None), alert(id="e1", key=""), alert(id="n2")])
    until = {"silenced_until": "2100-01-01T00:00:00Z"}
    assert api.patch("/alerts/n1", json=until).json()["silenced_until"].startswith("2100-01-01")
    silenced = {a["id"]: a["silenced_until"] is not None for a in api.get("/alerts").json()}
    assert silenced == {"n1": True, "n2": True, "e1": False}
    over = {"silenced_until": "2000-01-01T00:00:00Z"}
    assert api.patch("/alerts/n2", json=over).json()["silenced_until"] is None
    assert api.get("/alerts/n1").json()["silenced_until"] is None


def test_an_alert_is_known_by_the_first_letters_of_its_id(api: requests.Session) -> None:
    ids = ("abcdef01", "abcdef02", "fedcba01")
    api.post("/alerts", json=[alert(id=id) for id in ids] + [alert(id="abcdef01", workflow="b")])
    assert api.get("/alerts/fedcba").json()["id"] == "fedcba01"
    for short, status in (("fedcb", 404), ("abcdef", 409), ("abcdef01", 409), ("no-such", 404)):
        assert api.get(f"/alerts/{short}").status_code == status
    assert api.get("/alerts/abcdef01?workflow=b").json()["workflow"] == "b"
    assert (
        "there is no alert `no-such`" in api.patch("/alerts/no-such", json={"resolved": True}).text
    )


def test_one_thing_is_done_at_a_time(api: requests.Session) -> None:
    api.post("/alerts", json=alert(id="x"))
    for wrong in (
        {},
        {"resolved": False},
        {"resolved": True, "acknowledged": True},
        {"silenced_until": "soon"},
    ):
        assert api.patch("/alerts/x", json=wrong).status_code == 422
    assert api.get("/alerts/x").json()["state"] == "firing"


def test_a_time_that_cannot_be_read_back_is_refused(api: requests.Session) -> None:
    assert api.post("/alerts", json=alert()).ok
    for time in ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"):
        refused = api.post("/alerts", json=alert(id="odd", time=time))
        assert refused.status_code == 422 and "years 1 to 9999" in refused.text
        until = api.patch("/alerts/hot.r1.alert/1", json={"silenced_until": time})
        assert until.status_code == 422
    for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert api.post("/alerts", json=alert(id=time, time=time)).ok
    assert len(api.get("/alerts").json()) == 3
