"""Secrets go in, and never come out."""

import os
import stat
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import pytest
import requests

from amml_model_manager.errors import Refused
from amml_model_manager.names import check
from amml_model_manager.secret_store import SecretStore
from amml_model_manager.settings import Settings
from amml_runtime import secrets as of_steps
from amml_runtime.errors import WorkflowFault

CANARY = "c4n4ry-päss"
Serving: TypeAlias = Callable[[Settings], AbstractContextManager[requests.Session]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the secrets are; made by the first."""
    return tmp_path / "secrets"


@pytest.fixture
def with_secrets(serving: Serving, settings: Settings, folder: Path) -> Generator[requests.Session]:
    """A control API that has a folder of secrets."""
    with serving(replace(settings, secrets=folder)) as client:
        yield client


def test_a_secret_is_a_file_that_only_its_owner_reads(folder: Path) -> None:
    store = SecretStore(folder)
    assert store.put("hall", CANARY)
    assert (folder / "hall").read_text(encoding="utf-8") == CANARY
    assert stat.S_IMODE((folder / "hall").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_again_changes_nothing_and_says_so(folder: Path) -> None:
    store = SecretStore(folder)
    store.put("hall", CANARY)
    before = (folder / "hall").stat().st_ino
    assert not store.put("hall", CANARY)
    assert (folder / "hall").stat().st_ino == before
    assert store.put("hall", "other")


def test_a_write_that_fails_leaves_the_old_value_and_no_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SecretStore(folder)
    store.put("hall", CANARY)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="No space left"):
        store.put("hall", "new")
    assert [path.name for path in folder.iterdir()] == ["hall"]
    assert store.values() == {"hall": CANARY}


def test_other_files_of_the_folder_are_no_secrets(folder: Path) -> None:
    store = SecretStore(folder)
    store.put("hall", CANARY)
    (folder / "README.md").touch()
    (folder / "..data").mkdir()
    assert store.names() == ["hall"]


@pytest.mark.parametrize("name", ["hall", "a-b_9", "Hall", "a.b", "a" * 64, "a" * 65, "9a", ""])
def test_steps_take_the_same_names(name: str, tmp_path: Path) -> None:
    def accepted(take: Callable[[], object]) -> bool:
        try:
            take()
        except (ValueError, WorkflowFault):
            return False
        return True

    if name and "/" not in name:
        (tmp_path / name).write_text("x", encoding="utf-8")
    of_ours = accepted(lambda: check("secret", name))
    assert of_ours == accepted(lambda: of_steps.read(name, tmp_path))


def test_over_rest_a_secret_goes_in_and_only_its_name_comes_out(
    with_secrets: requests.Session, folder: Path
) -> None:
    put = with_secrets.put("/secrets/hall", data=CANARY.encode())
    assert put.json() == {"name": "hall", "changed": True}
    answers = [
        put,
        with_secrets.get("/secrets"),
        with_secrets.get("/secrets/hall"),
        with_secrets.get("/audit"),
        with_secrets.delete("/secrets/hall"),
    ]
    assert [each.status_code for each in answers] == [200, 200, 405, 200, 200]
    assert answers[1].json() == [{"name": "hall"}]
    assert [each["action"] for each in answers[3].json()] == ["secret.put"]
    assert "c4n4ry" not in "".join(each.text for each in answers)
    assert not (folder / "hall").exists()


@pytest.mark.parametrize("value", [b"", b"c4n4ry\xff", b"c4n4ry\0", b"c4n4ry" * 20_000])
def test_a_wrong_value_is_refused_without_being_quoted(
    with_secrets: requests.Session, value: bytes
) -> None:
    answer = with_secrets.put("/secrets/hall", data=value)
    assert answer.status_code in (413, 422) and "c4n4ry" not in answer.text
    assert with_secrets.get("/secrets").json() == []


def test_no_odd_name_becomes_a_file(with_secrets: requests.Session, folder: Path) -> None:
    for name in ("..", "../token", "a/../b", "Hall", "a.b", "\0", "%2e%2e", "x'--"):
        once = quote(name, safe="")
        for spelled in (once, quote(once, safe="")):
            answer = with_secrets.put(f"/secrets/{spelled}", data=CANARY.encode())
            assert answer.status_code in (404, 405, 422), spelled
    assert not folder.exists() and not (folder.parent / "token").exists()


def test_a_secret_can_be_removed_where_no_worker_runs(
    serving: Serving, settings: Settings, folder: Path
) -> None:
    nobody = replace(settings, secrets=folder, connect="http://127.0.0.1:9")
    with serving(nobody) as client:
        client.put("/secrets/hall", data=CANARY.encode())
        answer = client.delete("/secrets/hall")
    assert answer.status_code == 200
    assert "nobody could tell whether a connector uses it" in answer.json()["notes"][0]


def test_what_is_not_there_cannot_be_removed(with_secrets: requests.Session) -> None:
    answer = with_secrets.delete("/secrets/hall")
    assert answer.status_code == 404 and "amml secret set hall" in answer.json()["error"]["help"]


def test_without_a_folder_there_are_none_and_none_can_be_set(api: requests.Session) -> None:
    assert api.get("/secrets").json() == []
    answer = api.put("/secrets/hall", data=CANARY.encode())
    assert answer.status_code == 409 and "AMML_SECRETS" in answer.json()["error"]["help"]
    assert "c4n4ry" not in answer.text


def test_without_a_worker_connectors_say_how_to_get_one(api: requests.Session) -> None:
    answer = api.get("/connectors")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_worker")
    assert "amml up --connect" in answer.json()["error"]["help"]
