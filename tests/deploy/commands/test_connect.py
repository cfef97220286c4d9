"""`amml connect` as a user types it, with a real worker and a database of SQLite."""

import io
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.control import Control
from amml_deploy.doctor.examine import examine
from amml_deploy.doctor.site import Site
from amml_deploy.platform.home import Platform

Amml: TypeAlias = Callable[..., Any]
OURS = "amml.connect.jdbc.JdbcSourceConnector"


@pytest.fixture
def connect_cli(on_platform: Amml, connect: str) -> Amml:
    """Run `amml connect ...` on the platform, whose worker is up."""
    assert connect
    return lambda *words: on_platform("connect", *words)


@pytest.fixture
def name(platform: Platform, own: str) -> Generator[str]:
    """The name of a connector, which is removed in the end."""
    yield own
    with Control(platform.control, platform.token, "tests") as control:
        if control.find(f"/connectors/{own}") is not None:
            control.delete(f"/connectors/{own}")
        for each in control.get("/secrets"):
            if each["name"].startswith(own):
                control.delete(f"/secrets/{each['name']}")


@pytest.fixture
def hall(tmp_path: Path) -> str:
    """The address of a database with a table `hall` of two rows."""
    path = tmp_path / "hall.db"
    run(path, "CREATE TABLE hall (id INTEGER PRIMARY KEY NOT NULL, co2 REAL)")
    run(path, "INSERT INTO hall (co2) VALUES (900), (1200.5)")
    return f"jdbc:sqlite:{path}"


def run(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def of_hall(name: str, hall: str, *more: str) -> list[str]:
    return ["add", name, "--jdbc", hall, "--table", "hall", "--id", "id", "--every", "200ms", *more]


@pytest.mark.platform
def test_a_connector_is_added_looked_at_changed_and_deleted(
    connect_cli: Amml, name: str, hall: str
) -> None:
    added = connect_cli(*of_hall(name, hall))
    assert (added.code, added.out) == (0, f"connector {name} is added: RUNNING, 1 of 1 tasks\n")
    assert f"{name}: added topic.creation.default.partitions=1" in added.err
    same = connect_cli(*of_hall(name, hall))
    assert same.out == f"connector {name} is unchanged: RUNNING, 1 of 1 tasks\n"
    changed = connect_cli(*of_hall(name, hall, "--set", "batch.max.rows=7", "--output", "json"))
    assert (changed.document["changed"], changed.document["state"]) == (True, "RUNNING")
    listed = connect_cli("list", "--output", "json").document
    assert [each["class"] for each in listed if each["name"] == name] == [OURS]
    shown = connect_cli("show", name, "--output", "json").document
    assert shown["config"]["batch.max.rows"] == "7" and shown["name"] == name
    lines = [line.split() for line in connect_cli("status").out.splitlines()]
    assert [name, "RUNNING", "1/1", "-"] in lines
    assert connect_cli("restart", name, "--all").out == f"connector {name}: RUNNING, 1 of 1 tasks\n"
    idle = connect_cli("restart", name, "--output", "json")
    assert idle.document == {"name": name, "state": "RUNNING", "tries": 0}
    assert "nothing of it has failed" in idle.err
    assert connect_cli("pause", name).code == 0
    resting = connect_cli(*of_hall(name, hall, "--set", "batch.max.rows=7"))
    assert resting.code == 0 and f"`amml connect resume {name}` lets it go on" in resting.err
    assert connect_cli("resume", name, "--output", "json").document["state"] == "RUNNING"
    deleted = connect_cli("delete", name, "--yes")
    assert deleted.out == f"connector {name} is removed\n" and "its topics stay" in deleted.err
    gone = connect_cli("status", name)
    assert gone.code == 2 and f"connector `{name}` does not exist" in gone.err


@pytest.mark.platform
def test_a_file_with_a_plain_password_is_taken_and_shown_without_it(
    connect_cli: Amml, name: str, hall: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {
        "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
        "connection.url": hall,
        "connection.password": "c4n4ry-pass",
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "HALL",
        "poll.interval.ms": 200,
        "topic.prefix": f"{name}-",
    }
    file = tmp_path / "body.json"
    file.write_text(json.dumps({"name": name, "config": config}), encoding="utf-8")
    valid = connect_cli("validate", str(file))
    assert (valid.code, valid.out) == (0, f"connector {name} is right\n")
    added = connect_cli("add", str(file), "--no-wait")
    assert (added.code, added.out) == (0, f"connector {name} is added\n")
    assert f"is not installed: {OURS} does its work" in added.err
    assert f"the password is now the secret `{name}-connection-password`" in added.err
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text(encoding="utf-8")))
    again = connect_cli("add", "-")
    assert again.out == f"connector {name} is unchanged: RUNNING, 1 of 1 tasks\n"
    shown = connect_cli("show", name)
    assert f"${{secret:{name}-connection-password}}" in shown.out
    ran = (valid, added, again, shown)
    assert "c4n4ry" not in "".join(each.out + each.err for each in ran)


@pytest.mark.platform
def test_a_task_that_fails_is_told_by_every_command_and_restarted(
    connect_cli: Amml, platform: Platform, name: str, hall: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_cli(*of_hall(name, hall))
    path = Path(hall.removeprefix("jdbc:sqlite:"))
    run(path, "ALTER TABLE hall RENAME TO gone")
    end = time.monotonic() + 30
    while (seen := connect_cli("status", name, "--output", "json").document)["state"] != "FAILED":
        assert time.monotonic() < end, seen
    assert "no such table: hall" in seen["cause"] and "\n" not in seen["cause"]
    looked = [each.finding for each in examine(Site(platform.home.path, {}), ["connect"])]
    [problem] = [each for each in looked if f"`{name}` has failed" in each.message]
    assert problem.level == "problem" and f"amml connect restart {name}" in problem.fix
    monkeypatch.setattr("amml_deploy.connectors.TRIES", 1)
    again = connect_cli("restart", name)
    assert again.code == 1 and f"connector {name} fails again: " in again.err
    assert "no such table: hall" in again.err and "\tat " not in again.err
    run(path, "ALTER TABLE gone RENAME TO hall")
    back = connect_cli("restart", name, "--output", "json")
    assert back.document == {"name": name, "state": "RUNNING", "tries": 1}


@pytest.mark.platform
def test_all_that_is_wrong_is_told_at_once(connect_cli: Amml, name: str, hall: str) -> None:
    ran = connect_cli(*of_hall(name, hall, "--set", "validate.non.nul=true", "--set", "mode=odd"))
    assert (ran.code, ran.out) == (2, "")
    assert "mode: " in ran.err
    assert "validate.non.nul: nothing reads it; did you mean `validate.non.null`?" in ran.err
    ruled = connect_cli(
        *of_hall(name, hall, "--set", "producer.override.acks=0", "--password-secret", "nothing")
    )
    assert ruled.code == 2 and "producer.override.acks: not allowed" in ruled.err
    assert "connection.password: there is no secret `nothing`" in ruled.err
    assert connect_cli("show", name).code == 2


@pytest.mark.platform
def test_validate_tells_what_is_wrong_and_ends_with_2(
    connect_cli: Amml, tmp_path: Path, name: str, hall: str
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"connector.class: {OURS}\nconnection.url: {hall}\n", encoding="utf-8")
    ran = connect_cli("validate", str(file), "--name", name)
    assert (ran.code, ran.out) == (2, "") and "topic.prefix: " in ran.err
    told = connect_cli("validate", str(file), "--name", name, "--output", "json")
    assert told.code == 2 and told.document["error_count"] > 0


@pytest.mark.platform
def test_plugins_are_listed(connect_cli: Amml) -> None:
    found = connect_cli("plugins", "--output", "json").document
    assert {each["class"]: each["allowed"] for each in found}[OURS] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "no-such-file"], "there is no file `no-such-file`; with --jdbc URL"),
        (["add", "a/b", "--jdbc", "jdbc:x", "--table", "t"], "a connector name matches"),
        (["add", "hall", "--jdbc", "jdbc:x"], "either --table or --query"),
        (["add", "hall", "--table", "t"], "--table goes with --jdbc"),
        (["add", "hall", "--id", "id"], "--id goes with --jdbc"),
        (["add", "hall", "--jdbc", "x", "--table", "t", "--every", "x"], "as 10s"),
        (["add", "hall", "--jdbc", "x", "--table", "t", "--set", "x"], "--set takes key=value"),
        (["add", "hall", "--jdbc", "x", "--table", "t", "--mode", "x"], "is not one of"),
        (["validate", "no-such-file"], "there is no file"),
        (["show", "../x"], "a connector name matches"),
        (["add"], "Missing argument"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_asked(
    amml: Amml, words: list[str], message: str
) -> None:
    ran = amml("connect", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_without_a_platform_the_message_says_what_to_do(amml: Amml) -> None:
    ran = amml("connect", "list")
    assert ran.code == 1 and "run `amml up`" in ran.err
