"""Names that point to runs."""

from collections.abc import Callable

import requests

PATH = "/models/ett/aliases/production"


def test_an_alias_remembers_who_was_live_when(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    for run in ("t.r1.train", "t.r2.train"):
        add_run("completed", run)
        api.put(PATH, json={"run": run}, headers={"X-Amml-Actor": f"ada-{run[2:4]}"})
    api.delete(PATH, headers={"X-Amml-Actor": "bob"})
    found = api.get(PATH).json()
    assert found["run"] is None
    history = [(change["run"], change["actor"]) for change in found["history"]]
    assert history == [(None, "bob"), ("t.r2.train", "ada-r2"), ("t.r1.train", "ada-r1")]
    removed, second, first = found["history"]
    assert (first["until"], second["until"], removed["until"]) == (
        second["since"],
        removed["since"],
        None,
    )


def test_an_alias_resolves_to_its_run(api: requests.Session, add_run: Callable[..., str]) -> None:
    add_run("completed", "t.r1.train")
    add_run("completed", "t.r2.train")
    assert api.put(PATH, json={"run": "t.r1.train"}).json()["changed"] is True
    assert api.put(PATH, json={"run": "t.r1.train"}).json()["changed"] is False
    found = api.get("/models/ett/resolve/production").json()
    assert (found["run"], found["version"], found["alias"]) == ("t.r1.train", "0.1", "production")
    assert len(api.get(PATH).json()["history"]) == 1


def test_an_alias_points_to_completed_runs_only(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    add_run("running", "t.r1.train")
    assert api.put(PATH, json={"run": "t.r1.train"}).status_code == 409
    assert api.put(PATH, json={"run": "t.r2.train"}).status_code == 404
    assert api.get(PATH).status_code == 404


def test_a_name_is_a_version_or_an_alias_never_both(
    api: requests.Session, add_run: Callable[..., str], definition: str
) -> None:
    add_run("completed", "t.r1.train")
    api.put("/models/ett/versions/best", json={"definition": definition})
    assert api.put("/models/ett/aliases/best", json={"run": "t.r1.train"}).status_code == 409
    api.put("/models/ett/aliases/live", json={"run": "t.r1.train"})
    taken = api.put("/models/ett/versions/live", json={"definition": definition})
    assert taken.status_code == 409


def test_an_alias_in_use_stays(
    api: requests.Session,
    add_run: Callable[..., str],
    deploy: Callable[..., requests.Response],
) -> None:
    add_run("completed", "t.r1.train")
    api.put(PATH, json={"run": "t.r1.train"})
    deploy("hot", models=["ett:production"])
    assert api.delete(PATH).status_code == 409
    api.patch("/workflows/hot", json={"desired": "stopped"})
    assert api.delete(PATH).status_code == 200
    assert api.delete(PATH).status_code == 404
