"""The checks together: they are found by name, and whatever is down hinders no other."""

import json
import signal
from pathlib import Path

import pytest

from amml_deploy.doctor.examine import examine, names
from amml_deploy.doctor.finding import Finding
from amml_deploy.doctor.site import Site
from amml_deploy.platform import processes
from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.platform import down, up


def silent(_part: str, _state: str) -> None:
    """Nobody watches."""


def found(home: Path) -> dict[str, list[Finding]]:
    """What every check says."""
    all_found = list(examine(Site(home, {})))
    return {name: [f.finding for f in all_found if f.check == name] for name in names()}


def levels(home: Path) -> dict[str, set[str]]:
    """The levels of every check's findings."""
    return {name: {each.level for each in findings} for name, findings in found(home).items()}


def test_a_healthy_platform_has_no_problem(platform: Platform) -> None:
    seen = found(platform.home.path)
    problems = [each for findings in seen.values() for each in findings if each.level == "problem"]
    assert problems == []
    # Other tests may have left rows and topics, and the system its clock to itself.
    of_others = {"clock", "dead_letters", "topics", "model_files", "workflows", "transactions"}
    of_others |= {"temporary_files", "processes", "disk"}
    for name in set(seen) - of_others:
        assert {each.level for each in seen[name]} == {"ok"}, (name, seen[name])


def test_one_broker_is_said_to_survive_crashes_only(platform: Platform) -> None:
    [copies] = found(platform.home.path)["kafka_copies"]
    assert "survives crashes of processes, not loss of disk or power" in copies.message


def test_without_a_platform_every_check_says_so(tmp_path: Path) -> None:
    seen = found(tmp_path / "none")
    assert all(seen[name] for name in names())
    [folder] = seen["folder"]
    assert (folder.level, "`amml up`" in folder.fix) == ("problem", True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kafka": 1}', "\0"])
def test_a_damaged_platform_file_is_one_problem(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.platform_file.write_text(text, encoding="utf-8")
    home.token_file.write_text("t" * 40, encoding="utf-8")
    [folder] = found(tmp_path)["folder"]
    assert folder.level == "problem"
    assert "platform.json" in folder.message


def test_secrets_that_others_can_read_are_a_problem(platform: Platform, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.platform_file.write_bytes(platform.home.platform_file.read_bytes())
    home.platform_file.chmod(0o600)
    home.token_file.write_bytes(platform.home.token_file.read_bytes())
    home.token_file.chmod(0o640)
    [folder] = found(tmp_path)["folder"]
    assert folder.level == "problem"
    assert "token can be read by others (mode 0640)" in folder.message
    home.token_file.chmod(0o600)
    assert levels(tmp_path)["folder"] == {"ok"}


def test_a_wrong_token_is_a_problem_of_the_control_api(platform: Platform, tmp_path: Path) -> None:
    home = Home(tmp_path)
    document = json.loads(platform.home.platform_file.read_text(encoding="utf-8"))
    document["token_file"] = str(home.token_file)
    home.platform_file.write_text(json.dumps(document), encoding="utf-8")
    home.token_file.write_text("wrong" * 10, encoding="utf-8")
    [control] = found(tmp_path)["control_api"]
    assert (control.level, "token" in control.message) == ("problem", True)


def test_each_server_that_is_down_is_named(own_platform: Platform) -> None:
    """And the others are looked at all the same."""
    home = own_platform.home
    stopped = {
        "postgres": ("database", signal.SIGINT),
        "supervisor": ("supervisor", signal.SIGKILL),
        "datanode": ("hdfs", signal.SIGKILL),
    }
    for server, (_, number) in stopped.items():
        process = processes.find(home.pid_file(server))
        assert process is not None
        processes.stop([process], 20, number)
    try:
        seen = levels(home.path)
        assert {name for name, each in seen.items() if "problem" in each} >= {
            "database",
            "supervisor",
        }
        for name in ("kafka", "control_api", "kafka_settings", "transactions", "folder", "java"):
            assert seen[name] == {"ok"}, name
    finally:
        up(home.path, silent)
    assert "problem" not in set().union(*levels(home.path).values())


@pytest.mark.long
def test_everything_may_be_down(own_platform: Platform) -> None:
    home = own_platform.home
    down(home.path, silent)
    try:
        seen = found(home.path)
        problems = {name for name, each in seen.items() if each[0].level == "problem"}
        assert problems >= {"control_api", "database", "hdfs", "kafka", "supervisor"}
        assert seen["topics"][0].message == "not looked at, as Kafka does not answer"
        assert levels(home.path)["java"] == {"ok"}
    finally:
        up(home.path, silent)
