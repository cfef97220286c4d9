"""Models and their versions."""

from collections.abc import Callable

import requests


def test_a_version_keeps_its_text_and_has_its_document(
    api: requests.Session, version: str, definition: str
) -> None:
    found = api.get(version).json()
    assert found["definition"] == definition
    assert found["document"]["model"][1] == {"LSTM": {"units": 32, "activation": "tanh"}}
    assert found["document"]["train"]["window"] == 24
    assert (found["runs"], found["newest"], found["aliases"]) == ([], None, [])


def test_a_wrong_definition_is_refused_with_every_problem(api: requests.Session) -> None:
    text = "model: [LSTM: {units: x}, Densee: {}]\ntrain: {window: 24, inputs: [a], label: a}"
    answer = api.put("/models/ett/versions/0.1", json={"definition": text})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "definition_refused")
    assert "`ett:0.1`: model[0].LSTM.units: expected 1..1024, found 'x'" in error["message"]
    assert [problem["path"] for problem in error["problems"]] == ["model[0].LSTM.units", "model[1]"]
    assert api.get("/models").json() == []


def test_validate_says_the_same_and_stores_nothing(api: requests.Session, definition: str) -> None:
    good = api.post("/models/validate", json={"definition": definition}).json()
    assert good["problems"] == []
    assert good["document"]["train"]["loss"] == "mae"
    bad = api.post("/models/validate", json={"definition": "model: 3"}).json()
    assert bad["document"] is None
    assert {"path": "train", "message": "expected a map, found nothing"} in bad["problems"]
    assert api.get("/models").json() == []


def test_a_version_without_runs_may_be_replaced_and_that_is_noted(
    api: requests.Session, version: str, definition: str
) -> None:
    changed = definition.replace("units: 32", "units: 16")
    assert api.put(version, json={"definition": changed}).status_code == 200
    assert api.get(version).json()["definition"] == changed
    assert api.get("/audit?limit=1").json()[0]["action"] == "model.replace"


def test_a_version_with_a_run_is_final(
    api: requests.Session, version: str, definition: str, add_run: Callable[..., str]
) -> None:
    add_run("running")
    changed = definition.replace("units: 32", "units: 16")
    assert api.put(version, json={"definition": changed}).status_code == 409
    assert api.put(version, json={"definition": definition}).status_code == 200
    commented = definition + "# the paper's\n"
    assert api.put(version, json={"definition": commented}).status_code == 200
    assert api.get(version).json()["definition"] == definition


def test_a_model_lists_versions_runs_and_aliases(
    api: requests.Session, version: str, definition: str, add_run: Callable[..., str]
) -> None:
    add_run()
    api.put("/models/ett/versions/0.2", json={"definition": definition})
    api.put("/models/ett/aliases/production", json={"run": "ett-train.r1.train_lstm"})
    found = api.get("/models/ett").json()
    assert [v["version"] for v in found["versions"]] == ["0.1", "0.2"]
    assert found["versions"][0]["runs"][0]["status"] == "completed"
    assert found["aliases"] == [{"alias": "production", "run": "ett-train.r1.train_lstm"}]
    listed = api.get("/models").json()
    assert [(m["name"], m["versions"], m["aliases"]) for m in listed] == [
        ("ett", ["0.1", "0.2"], ["production"])
    ]


def test_what_is_missing_is_said(api: requests.Session, version: str) -> None:
    model = api.get("/models/eet/versions/0.1")
    assert model.json()["error"]["message"] == "model `eet` does not exist; there are: ett"
    other = api.get("/models/ett/versions/0.2")
    assert other.json()["error"]["message"] == "model `ett` has no version `0.2`, only 0.1"
    assert (model.status_code, other.status_code) == (404, 404)


def test_a_version_in_use_is_not_deleted(
    api: requests.Session,
    version: str,
    add_run: Callable[..., str],
    deploy: Callable[..., requests.Response],
) -> None:
    run = add_run("running")
    assert "training `ett-train.r1.train_lstm`" in api.delete(version).text
    api.put(run, json={"status": "completed"})
    api.put("/models/ett/aliases/best", json={"run": "ett-train.r1.train_lstm"})
    assert "alias `best`" in api.delete(version).text
    api.delete("/models/ett/aliases/best")
    deploy("hot", models=["ett:0.1/ett-train.r1.train_lstm"])
    assert "workflow `hot`" in api.delete(version).text
    api.patch("/workflows/hot", json={"desired": "stopped"})
    assert api.delete(version).status_code == 200
    assert api.get("/models").json() == []
    assert api.get("/models/ett").status_code == 404


def test_a_deleted_version_may_be_added_anew(
    api: requests.Session, version: str, definition: str
) -> None:
    assert api.delete(version).status_code == 200
    other = definition.replace("units: 32", "units: 8")
    assert api.put(version, json={"definition": other}).json()["definition"] == other


def test_a_deleted_version_leaves_no_file(
    api: requests.Session, version: str, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    api.put(f"{run}/checkpoints/1", data=b"weights")
    api.put(run, json={"status": "failed"})
    assert api.delete(version).status_code == 200
    assert api.get("/doctor").json()["orphans"] == []
