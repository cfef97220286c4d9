"""Trainings, their files and checkpoints."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from amml_model_manager.hdfs import FileStore
from amml_model_manager.paths import RunKey

MODEL = b"onnx" * 300_000
SHA256 = hashlib.sha256(MODEL).hexdigest()
RUN = "ett-train.r1.train_lstm"


def completed(**changes: Any) -> dict[str, Any]:
    return {
        "status": "completed",
        "epochs": [{"epoch": 1, "loss": 0.0131, "val_loss": None}],
        "metrics": {"mae": 0.0087, "persistence": 0.00895},
        "signature": {"inputs": ["OT"], "scaler": {"OT": {"kind": "minmax", "min": -4.08}}},
        "provenance": {"topics": {"amml.ett-train.r1.source": [[0, 17420]]}},
        "seed": 7,
        "libraries": {"keras": "3.15.1"},
        "artefacts": {"model.onnx": SHA256},
    } | changes


def upload(api: requests.Session, run: str, content: bytes = MODEL) -> requests.Response:
    sha256 = hashlib.sha256(content).hexdigest()
    headers = {"X-Amml-Sha256": sha256}
    return api.put(f"{run}/artefacts/model.onnx", data=content, headers=headers)


def test_a_training_registers_uploads_and_completes(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    assert upload(api, run).json() == {
        "file": "model.onnx",
        "sha256": SHA256,
        "bytes": len(MODEL),
    }
    assert api.put(run, json=completed()).status_code == 200
    found = api.get(run).json()
    assert {key: found[key] for key in completed()} == completed()
    assert (found["model"], found["version"], found["run"]) == ("ett", "0.1", RUN)
    artefact = api.get(f"{run}/artefacts/model.onnx")
    assert (artefact.content, artefact.headers["x-amml-sha256"]) == (MODEL, SHA256)


def test_a_completed_run_is_final(api: requests.Session, add_run: Callable[..., str]) -> None:
    run = add_run("running")
    upload(api, run)
    api.put(run, json=completed())
    again = api.put(run, json=completed())
    assert (again.status_code, again.json()["changed"]) == (200, False)
    assert api.put(run, json=completed(seed=8)).status_code == 409
    assert api.put(run, json={"status": "running"}).status_code == 409
    assert upload(api, run).status_code == 200  # the same bytes
    assert upload(api, run, b"other bytes").status_code == 409
    assert api.get(f"{run}/artefacts/model.onnx").content == MODEL


def test_a_run_does_not_complete_without_its_files(
    api: requests.Session, add_run: Callable[..., str], files: FileStore
) -> None:
    run = add_run("running")
    assert api.put(run, json=completed()).json()["error"]["code"] == "no_artefact"
    upload(api, run)
    other = completed(artefacts={"model.onnx": "0" * 64})
    assert api.put(run, json=other).status_code == 409
    files.delete(files.paths.artefact(RunKey("ett", "0.1", RUN), "model.onnx", SHA256))
    assert api.put(run, json=completed()).status_code == 409
    assert api.get(run).json()["status"] == "running"


def test_a_file_uploaded_again_takes_the_place_of_the_first(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    upload(api, run, b"before the crash")
    upload(api, run)
    assert api.put(run, json=completed()).status_code == 200
    assert api.get(f"{run}/artefacts/model.onnx").content == MODEL


def test_a_file_with_another_hash_is_refused(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    headers = {"X-Amml-Sha256": SHA256}
    torn = api.put(f"{run}/artefacts/model.onnx", data=MODEL[:-1], headers=headers)
    assert torn.status_code == 422
    assert api.put(f"{run}/artefacts/model.onnx", data=MODEL).status_code == 422  # no hash at all
    assert api.get(f"{run}/artefacts/model.onnx").status_code == 404


@pytest.mark.parametrize("file", ["model.pkl", "model.h5", "Model.onnx", ".onnx", "a.b.onnx"])
def test_files_have_names_from_a_list_of_kinds(
    api: requests.Session, add_run: Callable[..., str], file: str
) -> None:
    run = add_run("running")
    headers = {"X-Amml-Sha256": SHA256}
    assert api.put(f"{run}/artefacts/{file}", data=MODEL, headers=headers).status_code == 422
    assert api.get(f"{run}/artefacts/{file}").status_code == 422


def test_a_run_id_belongs_to_one_version(
    api: requests.Session, add_run: Callable[..., str], definition: str
) -> None:
    add_run()
    api.put("/models/ett/versions/0.2", json={"definition": definition})
    other = f"/models/ett/versions/0.2/runs/{RUN}"
    assert api.put(other, json={"status": "running"}).status_code == 409
    assert api.get(other).status_code == 404


def test_a_run_needs_its_model_and_version(api: requests.Session, version: str) -> None:
    for path in (f"/models/no/versions/0.1/runs/{RUN}", f"/models/ett/versions/9/runs/{RUN}"):
        assert api.put(path, json={"status": "running"}).status_code == 404
        assert upload(api, path).status_code == 404
    assert [model["name"] for model in api.get("/models").json()] == ["ett"]


def test_a_failed_run_stays_failed(api: requests.Session, add_run: Callable[..., str]) -> None:
    run = add_run("failed")
    assert api.put(run, json={"status": "running"}).status_code == 409
    assert api.put(run, json=completed(artefacts={})).status_code == 409


def test_checkpoints_last_as_long_as_the_training(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    for epoch in (1, 2):
        assert api.put(f"{run}/checkpoints/{epoch}", data=b"first").status_code == 200
    sent = api.put(f"{run}/checkpoints/2", data=b"after the crash").json()
    got = api.get(f"{run}/checkpoints/2")
    assert got.content == b"after the crash"
    assert got.headers["x-amml-sha256"] == sent["sha256"]
    assert api.get(f"{run}/checkpoints/3").status_code == 404
    assert api.delete(f"{run}/checkpoints").status_code == 409
    api.put(run, json={"status": "completed"})
    assert api.put(f"{run}/checkpoints/3", data=b"late").status_code == 409
    assert api.delete(f"{run}/checkpoints").json() == {"deleted": 2}
    assert api.get(f"{run}/checkpoints/2").status_code == 404


def test_a_version_stands_for_its_newest_completed_run(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    add_run("running", "t.r1.train")
    none = api.get("/models/ett/resolve/0.1")
    assert none.status_code == 404
    expected = "`ett:0.1` has no completed run; runs: t.r1.train (running)"
    assert none.json()["error"]["message"] == expected
    add_run("completed", "t.r3.train")
    add_run("completed", "t.r2.train")  # completed later, though its number is lower
    add_run("failed", "t.r4.train")
    found = api.get("/models/ett/resolve/0.1").json()
    assert (found["run"], found["version"], found["metrics"]) == (
        "t.r2.train",
        "0.1",
        {"mae": 0.0089},
    )


def test_what_cannot_be_resolved_says_what_there_is(
    api: requests.Session, add_run: Callable[..., str]
) -> None:
    add_run()
    api.put("/models/ett/aliases/best", json={"run": RUN})
    missing = api.get("/models/ett/resolve/0.2").json()["error"]["message"]
    assert missing == ("model `ett` has no version or alias `0.2`; versions: 0.1; aliases: best")
    assert api.get("/models/no/resolve/0.1").status_code == 404
