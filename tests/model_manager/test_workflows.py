"""Workflows, their versions, and what the supervisor is told."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import requests

Deploy: TypeAlias = Callable[..., requests.Response]


def test_a_deploy_is_a_version_and_the_same_again_is_none(
    api: requests.Session, deploy: Deploy
) -> None:
    first = deploy()
    assert first.json() == {"name": "hot", "version": 1, "run": 1, "changed": True}
    assert deploy().json()["changed"] is False  # an answer that was lost is asked for again
    other = deploy(text='source id="ett" | alert', expected_version=1)
    assert (other.json()["version"], other.json()["changed"]) == (2, True)
    assert api.get("/workflows/hot").json()["text"] == 'source id="ett" | alert'


def test_what_has_failed_is_a_new_version_when_it_is_deployed_again(
    api: requests.Session, deploy: Deploy
) -> None:
    deploy()
    api.put("/workflows/hot/status", json={"state": "failed", "version": 1})
    assert deploy(expected_version=1).json()["version"] == 2
    assert deploy(expected_version=2).json()["changed"] is False


def test_a_stale_plan_is_refused(deploy: Deploy) -> None:
    deploy()
    for expected in (None, 2):
        answer = deploy(text="another", expected_version=expected)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale_plan")
        assert answer.json()["error"]["current_version"] == 1
    assert deploy("new", expected_version=1).status_code == 409


def test_of_two_deploys_at_once_one_is_stale(api: requests.Session, deploy: Deploy) -> None:
    deploy()
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(deploy, text=f"{n}", expected_version=1) for n in range(8)]
        answers = [future.result() for future in sent]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert api.get("/workflows/hot").json()["version"] == 2


def test_a_plan_whose_source_is_gone_is_stale(api: requests.Session, deploy: Deploy) -> None:
    answer = deploy(sources=["ett"])
    assert answer.status_code == 409
    assert "there is no source `ett`" in answer.json()["error"]["message"]
    assert api.get("/workflows").json() == []


def test_the_history_says_who_and_when(api: requests.Session, deploy: Deploy) -> None:
    api.headers["X-Amml-Actor"] = "ada@laptop"
    deploy()
    api.headers["X-Amml-Actor"] = "bob@laptop"
    deploy(text="another", run=2, expected_version=1)
    found = api.get("/workflows/hot/versions").json()
    assert [(v["version"], v["run"], v["actor"]) for v in found["versions"]] == [
        (2, 2, "bob@laptop"),
        (1, 1, "ada@laptop"),
    ]
    assert (found["last_run"], found["removed"]) == (2, None)
    assert found["versions"][0]["created"] > found["versions"][1]["created"]


def test_a_workflow_is_removed_in_two_moves(api: requests.Session, deploy: Deploy) -> None:
    deploy()
    assert api.delete("/workflows/hot").status_code == 409
    api.patch("/workflows/hot", json={"desired": "removed"})
    assert deploy(text="x", expected_version=1).json()["error"]["code"] == "being_removed"
    assert api.patch("/workflows/hot", json={"desired": "running"}).status_code == 409
    assert api.delete("/workflows/hot").status_code == 200
    assert api.get("/workflows/hot").status_code == 404
    assert api.get("/workflows/hot/versions").json()["last_run"] == 1
    assert api.get("/workflows").json() == api.get("/desired").json()["workflows"] == []


def test_no_run_number_has_two_lives(api: requests.Session, deploy: Deploy) -> None:
    """Topics and model runs are named by it: a second `ett-train.r1` would meet the first's."""
    deploy()
    api.patch("/workflows/hot", json={"desired": "removed"})
    api.delete("/workflows/hot")
    again = deploy()
    assert (again.status_code, again.json()["error"]["next_run"]) == (409, 2)
    assert deploy(run=2).json() == {"name": "hot", "version": 2, "run": 2, "changed": True}
    assert deploy(run=1, text="x", expected_version=2).status_code == 409


def test_kept_data_is_gone_on_with(api: requests.Session, deploy: Deploy) -> None:
    deploy()
    api.patch("/workflows/hot", json={"desired": "removed", "keep_data": True})
    assert api.get("/desired").json()["workflows"][0]["keep_data"] is True
    api.delete("/workflows/hot")
    assert deploy(run=1).status_code == 200


def test_a_stopped_workflow_starts_again(api: requests.Session, deploy: Deploy) -> None:
    deploy()
    assert api.patch("/workflows/hot", json={"desired": "stopped"}).json()["desired"] == "stopped"
    answer = deploy(desired="running", expected_version=1).json()
    assert (answer["version"], answer["changed"]) == (1, True)
    assert api.get("/workflows/hot").json()["desired"] == "running"


def test_a_status_is_stamped_and_is_no_change(api: requests.Session, deploy: Deploy) -> None:
    deploy()
    before = api.get("/desired").json()["sequence"]
    status = {"state": "running", "version": 1, "steps": [{"label": "print", "pid": 4711}]}
    assert api.put("/workflows/hot/status", json=status).status_code == 200
    found = api.get("/workflows/hot").json()
    assert found["status"] == status
    assert found["reported_at"] is not None
    assert api.get("/desired").json()["sequence"] == before
    assert api.put("/workflows/no/status", json=status).status_code == 404
    assert api.put("/workflows/hot/status", json={"x": "y" * 300_000}).status_code == 413


def test_wishes_arrive_as_soon_as_they_change(api: requests.Session, deploy: Deploy) -> None:
    deploy("first", plan={"steps": [1]})
    known = api.get("/desired").json()
    assert [w["plan"] for w in known["workflows"]] == [{"steps": [1]}]
    timer = threading.Timer(0.3, lambda: deploy("second"))
    timer.start()
    start = time.monotonic()
    found = api.get(f"/desired?after={known['sequence']}&wait=10").json()
    assert 0.25 < time.monotonic() - start < 2
    assert [w["name"] for w in found["workflows"]] == ["first", "second"]
    assert found["sequence"] > known["sequence"]
    timer.join()


def test_without_a_change_the_same_wishes_arrive_after_the_wait(
    api: requests.Session, deploy: Deploy
) -> None:
    deploy()
    known = api.get("/desired").json()
    start = time.monotonic()
    assert api.get(f"/desired?after={known['sequence']}&wait=0.3").json() == known
    assert 0.3 <= time.monotonic() - start < 2


def test_each_change_moves_the_sequence(api: requests.Session, deploy: Deploy) -> None:
    seen = [api.get("/desired").json()["sequence"]]
    changes: list[Callable[[], requests.Response]] = [
        deploy,
        lambda: api.patch("/workflows/hot", json={"desired": "stopped"}),
        lambda: api.patch("/workflows/hot", json={"desired": "removed"}),
        lambda: api.delete("/workflows/hot"),
    ]
    for change in changes:
        assert change().status_code == 200
        seen.append(api.get("/desired").json()["sequence"])
    assert seen == [0, 1, 2, 3, 4]


def test_names_of_other_things_are_no_workflows(deploy: Deploy) -> None:
    for name in ("alerts", "models", "Hot", "1st", "a.b", "a" * 41):
        assert deploy(name).status_code == 422


def test_models_are_named_in_one_way(deploy: Deploy) -> None:
    good = ["ett:0.1", "ett:production", "ett:0.1/ett-train.r1.train_lstm"]
    assert deploy(models=good).status_code == 200
    for bad in ("ett", "ett:", "ett:0.1/", "ett:0.1/../x", ":0.1"):
        assert deploy("other", models=[bad]).status_code == 422


def test_who_minds_one_target_is_told_of_that_target_only(
    api: requests.Session, deploy: Deploy
) -> None:
    deploy("here")
    deploy("there", settings={"target": "kubernetes"})
    assert [each["target"] for each in api.get("/workflows").json()] == ["local", "kubernetes"]
    assert api.get("/workflows/there").json()["target"] == "kubernetes"
    for query, names in {
        "": ["here", "there"],
        "&target=local": ["here"],
        "&target=kubernetes": ["there"],
        "&target=compose": [],
    }.items():
        found = api.get(f"/desired?wait=0{query}").json()["workflows"]
        assert [each["name"] for each in found] == names
