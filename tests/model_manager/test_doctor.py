"""What a crash can leave, and how it is found."""

from collections.abc import Callable
from uuid import uuid4

import requests

from amml_model_manager.database import Database
from amml_model_manager.hdfs import FileStore
from amml_model_manager.paths import RunKey

KEY = RunKey("ett", "0.1", "ett-train.r1.train_lstm")


def test_all_is_well_at_the_start(api: requests.Session) -> None:
    reachable = {"reachable": True, "problem": None}
    assert api.get("/doctor").json() == {
        "database": reachable,
        "hdfs": reachable,
        "staged": [],
        "orphans": [],
        "missing": [],
    }


def test_what_a_crash_leaves_is_listed(
    api: requests.Session, files: FileStore, add_run: Callable[..., str]
) -> None:
    """A crash before the rename leaves a staged file, one after it a file without a row."""
    run = add_run("running")
    half = files.paths.staged(uuid4())
    files.put([b"half"], lambda _: half)
    stored = files.put([b"whole"], lambda sha256: files.paths.artefact(KEY, "model.onnx", sha256))
    found = api.get("/doctor").json()
    assert [entry["path"] for entry in found["staged"]] == [half]
    path = files.paths.artefact(KEY, "model.onnx", stored.sha256)
    assert [(entry["path"], entry["bytes"]) for entry in found["orphans"]] == [(path, 5)]
    assert found["missing"] == []
    assert api.get(f"{run}/artefacts/model.onnx").status_code == 404  # nobody reads an orphan


def test_the_training_that_crashed_finds_its_orphan(
    api: requests.Session, files: FileStore, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    stored = files.put([b"whole"], lambda sha256: files.paths.artefact(KEY, "model.onnx", sha256))
    headers = {"X-Amml-Sha256": stored.sha256}
    sent = api.put(f"{run}/artefacts/model.onnx", data=b"whole", headers=headers)
    assert sent.status_code == 200
    assert api.get("/doctor").json()["orphans"] == []


def test_a_row_whose_file_is_gone_is_listed(
    api: requests.Session, files: FileStore, add_run: Callable[..., str]
) -> None:
    run = add_run("running")
    sent = api.put(f"{run}/checkpoints/3", data=b"weights").json()
    path = files.paths.checkpoint(KEY, 3, sent["sha256"])
    files.delete(path)
    assert api.get("/doctor").json()["missing"] == [path]
    lost = api.get(f"{run}/checkpoints/3")
    assert (lost.status_code, lost.json()["error"]["code"]) == (503, "file_missing")


def test_only_the_database_knows_what_is_there(
    api: requests.Session, database: Database, add_run: Callable[..., str]
) -> None:
    """A run deleted by hand takes its files' names along: they show up as orphans."""
    run = add_run("running")
    api.put(f"{run}/checkpoints/3", data=b"weights")
    with database.transaction() as transaction:
        transaction.run("DELETE FROM checkpoint")
    assert len(api.get("/doctor").json()["orphans"]) == 1
