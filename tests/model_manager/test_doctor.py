"""What a crash can leave, and how it is found."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
import requests
from hdfs import InsecureClient

from amml_model_manager.database import Database
from amml_model_manager.doctor import clean, remove_if_old
from amml_model_manager.hdfs import FileStore
from amml_model_manager.migrations import migrations
from amml_model_manager.paths import RunKey

KEY = RunKey("ett", "0.1", "ett-train.r1.train_lstm")


HOUR_MS = 3_600_000


MakeOld: TypeAlias = Callable[[str], None]


@pytest.fixture
def make_old(webhdfs_url: str) -> MakeOld:
    """Let a file seem to have been written two hours ago."""
    client: Any = InsecureClient(webhdfs_url)
    return lambda path: client.set_times(
        path, modification_time=int(time.time() * 1000) - 2 * HOUR_MS
    )


def test_all_is_well_at_the_start(api: requests.Session) -> None:
    reachable = {"reachable": True, "problem": None}
    found = api.get("/doctor").json()
    database = found.pop("database")
    assert found == {"hdfs": reachable, "staged": [], "orphans": [], "missing": []}
    assert database.items() >= reachable.items()
    _, newest, _ = migrations()[-1]
    assert (database["migration"], database["pending"]) == (newest, [])
    assert 0 < database["connections"] < database["max_connections"]
    there = datetime.fromisoformat(database["time"])
    assert abs(there - datetime.now(UTC)) < timedelta(minutes=1)


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


def test_what_a_crash_left_an_hour_ago_can_be_cleaned(
    api: requests.Session, files: FileStore, add_run: Callable[..., str], make_old: MakeOld
) -> None:
    run = add_run("running")
    sent = api.put(f"{run}/checkpoints/3", data=b"weights").json()
    named = files.paths.checkpoint(KEY, 3, sent["sha256"])
    half, young = files.paths.staged(uuid4()), files.paths.staged(uuid4())
    for path in (half, young):
        files.put([b"half"], lambda _, path=path: path)
    stored = files.put([b"whole"], lambda sha256: files.paths.artefact(KEY, "model.onnx", sha256))
    orphan = files.paths.artefact(KEY, "model.onnx", stored.sha256)
    for path in (half, orphan, named):
        make_old(path)
    paths = [half, young, orphan, named, "/etc/passwd"]
    assert api.post("/doctor/clean", json={"paths": paths}).json() == {"removed": [half, orphan]}
    found = api.get("/doctor").json()
    assert [entry["path"] for entry in found["staged"]] == [young]
    assert (found["orphans"], found["missing"]) == ([], [])
    assert api.post("/doctor/clean", json={"paths": paths}).json() == {"removed": []}
    assert api.get("/audit?limit=1").json()[0]["action"] == "doctor.clean"


def test_only_what_was_asked_for_is_cleaned(
    api: requests.Session, files: FileStore, make_old: MakeOld
) -> None:
    half = files.paths.staged(uuid4())
    files.put([b"half"], lambda _: half)
    make_old(half)
    assert api.post("/doctor/clean", json={"paths": []}).json() == {"removed": []}
    assert len(api.get("/doctor").json()["staged"]) == 1


def test_a_file_that_is_about_to_be_named_is_not_cleaned(
    api: requests.Session, files: FileStore, make_old: MakeOld
) -> None:
    """Sent long ago and never named: who sends it again may name it at any moment."""
    stored = files.put([b"rows"], files.paths.file)
    path = files.paths.file(stored.sha256)
    make_old(path)
    assert api.put(f"/files/{stored.sha256}", data=b"rows").status_code == 200
    assert api.post("/doctor/clean", json={"paths": [path]}).json() == {"removed": []}
    entry = {"kind": "file", "sha256": stored.sha256}
    make_old(path)
    assert api.put("/sources/ett", json=entry).status_code == 200
    assert api.post("/doctor/clean", json={"paths": [path]}).json() == {"removed": []}
    assert api.get("/doctor").json()["missing"] == []


def test_a_file_touched_while_it_is_taken_is_put_back(
    api: requests.Session, files: FileStore, make_old: MakeOld
) -> None:
    """Between looking and taking, somebody sends it again: the age is seen once it is taken."""
    stored = files.put([b"rows"], files.paths.file)
    path = files.paths.file(stored.sha256)
    oldest = int(time.time() * 1000) - HOUR_MS
    assert not remove_if_old(files, path, oldest)
    assert files.size(path) == 4
    make_old(path)
    assert remove_if_old(files, path, oldest)
    assert files.size(path) is None
    assert files.list(files.paths.staging()) == []


def test_an_upload_under_way_is_not_cleaned(
    database: Database, files: FileStore, make_old: MakeOld
) -> None:
    """However slow it is: a file's time in HDFS is that of its beginning."""
    removed: list[str] = ["never asked"]

    def slowly() -> Iterator[bytes]:
        yield b"first"
        while not (entries := files.list(files.paths.staging())):
            time.sleep(0.05)
        path = f"{files.paths.staging()}/{entries[0]['pathSuffix']}"
        make_old(path)
        removed[:] = clean(database, files, [path])

    stored = files.put(slowly(), files.paths.file)
    assert removed == []
    assert files.size(files.paths.file(stored.sha256)) == 5
