"""What is said of containers, from what Docker tells of them."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.compose_report import workers
from amml_deploy.supervisor.folder import Folder
from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Slot, Wish
from amml_runtime.spec import Plan

Planned: TypeAlias = Callable[..., Plan]

STARTED, FINISHED = "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:01:00.5Z"
PORT = 23456


@pytest.fixture
def wish(planned: Planned) -> Wish:
    plan = planned('topic name="co2.raw" | filter co2 > 0 | alert')
    wanted = {"name": "hot", "version": 3, "run": 1, "desired": "running", "keep_data": False}
    return Wish.of(wanted | {"plan": plan.to_json()})


def container(wish: Wish, slot: Slot, status: str = "running", code: int = 0, **state: Any) -> Any:
    """As `docker inspect` tells of it."""
    step = wish.slots()[slot]
    labels = {"amml.label": slot.label, "amml.slot": str(slot.number), "amml.slots": "1"}
    running = status == "running"
    return {
        "Id": str(slot),
        "RestartCount": 2,
        "Config": {"Labels": labels | {"amml.digest": step.digest}},
        "NetworkSettings": {"Ports": {"9400/tcp": [{"HostPort": str(PORT)}]} if running else {}},
        "State": {"Status": status, "Pid": 77 if running else 0, "ExitCode": code,
                  "StartedAt": STARTED, "FinishedAt": FINISHED, **state},
    }  # fmt: skip


def told(wish: Wish, found: list[Any], folder: Path, scraped: bool = True) -> dict[str, Any]:
    figures = {PORT: {"amml_rows_in_total": 1.0}} if scraped else {}
    known = workers(found, wish, Folder(folder), figures, lambda id: (f"end of {id}",))
    return report(wish, list(known), "")


def ended(folder: Path, slot: Slot, code: int, reason: str, at: str = FINISHED) -> None:
    """Last words of a process."""
    path = Folder(folder).exit(slot)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"code": code, "reason": reason, "samples": {"a": 1.0}}), "utf-8")
    second = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    os.utime(path, (second, second))


def test_it_runs_when_every_slot_answers(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot) for slot in wish.slots()]
    assert told(wish, found, tmp_path)["state"] == "running"
    assert told(wish, found, tmp_path, scraped=False)["state"] == "starting"
    [filter_] = told(wish, found, tmp_path)["steps"]["filter"]
    assert (filter_["pid"], filter_["metrics_port"], filter_["restarts"]) == (77, PORT, 2)


def test_a_slot_that_has_no_container_is_about_to_start(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot) for slot in wish.slots()][1:]
    assert told(wish, found, tmp_path)["state"] == "starting"


def test_a_container_of_another_version_is_none_of_them(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot) for slot in wish.slots()]
    found[0]["Config"]["Labels"]["amml.digest"] = "of yesterday"
    assert told(wish, found, tmp_path)["state"] == "starting"
    found[0] = container(wish, Slot("topic", 0))
    found[0]["Config"]["Labels"]["amml.slots"] = "2"  # it would leave partitions to a second one
    assert told(wish, found, tmp_path)["state"] == "starting"


def test_a_fault_of_the_workflow_is_known_by_its_last_words(wish: Wish, tmp_path: Path) -> None:
    """The container itself ends with 0, so that Docker does not start it again."""
    found = [container(wish, slot) for slot in wish.slots()]
    found[1] = container(wish, Slot("filter", 0), "exited")
    ended(tmp_path, Slot("filter", 0), 2, "there is no column `co2`")
    said = told(wish, found, tmp_path)
    assert (said["state"], said["message"]) == ("failed", "filter: there is no column `co2`")
    assert said["steps"]["filter"][0]["log"] == ["end of filter.0"]


def test_completed_steps_keep_their_last_figures(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot, "exited") for slot in wish.slots()]
    for slot in wish.slots():
        ended(tmp_path, slot, 0, "completed")
    said = told(wish, found, tmp_path)
    assert said["state"] == "completed"
    assert said["steps"]["filter"][0]["samples"] == {"a": 1.0}


def test_a_killed_process_does_not_speak_with_the_words_of_the_one_before(
    wish: Wish, tmp_path: Path
) -> None:
    found = [container(wish, slot) for slot in wish.slots()]
    found[1] = container(wish, Slot("filter", 0), "restarting", 137)
    ended(tmp_path, Slot("filter", 0), 0, "completed", at="2025-12-31T23:59:00")
    said = told(wish, found, tmp_path)
    assert (said["state"], said["message"]) == ("degraded", "filter: ended with exit code 137")


def test_one_that_was_stopped_by_hand_says_how_to_start_it(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot) for slot in wish.slots()]
    found[1] = container(wish, Slot("filter", 0), "exited", 137)
    assert "`amml deploy` again" in told(wish, found, tmp_path)["message"]


def test_one_that_wanted_too_much_memory_says_so(wish: Wish, tmp_path: Path) -> None:
    found = [container(wish, slot) for slot in wish.slots()]
    found[1] = container(wish, Slot("filter", 0), "restarting", 137, OOMKilled=True)
    assert "memory" in told(wish, found, tmp_path)["message"]
