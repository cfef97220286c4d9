"""The supervisor with real processes, a real control API and a real broker."""

import os
import signal
import sys
import time
from typing import Any

import psutil
import pytest

from amml_deploy.platform import processes
from amml_deploy.platform.platform import down, up
from amml_runtime.admin import list_topics

pytestmark = pytest.mark.platform

Rig = Any  # the fixture of conftest.py, which tests do not import


def test_every_slot_runs_and_is_reported(rig: Rig) -> None:
    rig.deploy(a="runs", b=("runs", 2))
    status = rig.wait("running")
    assert [len(slots) for slots in status["steps"].values()] == [1, 2]
    assert {slot["pid"] for slot in status["steps"]["b"]} == {
        pid for number in (0, 1) for _, pid in rig.starts(f"b.{number}")
    }
    assert f"amml.{rig.name}.r1.a" in {topic.name for topic in list_topics(rig.platform.kafka)}


def test_a_killed_step_is_started_again_at_once(rig: Rig) -> None:
    """Before the next report is due: the signal of its death wakes the supervisor."""
    rig.deploy(a="runs")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    log = rig.platform.home.log("supervisor")
    seen = log.stat().st_size
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    while log.stat().st_size == seen:  # it says "starting" as it does
        assert time.monotonic() < killed + 2
    rig.until(lambda: len(rig.starts("a.0")) == 2)
    rig.until(lambda: rig.slot("a")["state"] == "running")
    slot = rig.slot("a")
    assert (slot["restarts"], slot["reason"]) == (1, "killed by SIGKILL")


def test_a_killed_step_leaves_no_temporary_files(rig: Rig) -> None:
    rig.deploy(a="runs")
    temporary = rig.platform.home.workflows / rig.name / "tmp" / "a.0"
    rig.until(lambda: temporary.is_dir() and len(list(temporary.iterdir())) == 1)
    [first] = temporary.iterdir()
    os.kill(rig.wait("running")["steps"]["a"][0]["pid"], signal.SIGKILL)
    rig.until(lambda: not first.exists() and len(list(temporary.iterdir())) == 1)


def test_a_crashing_step_backs_off_and_shows_why(rig: Rig) -> None:
    rig.deploy(a="crashes", b="runs")
    rig.until(lambda: len(rig.starts("a.0")) >= 5)
    starts = [at for at, _ in rig.starts("a.0")]
    waits = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert waits[1] > 0.1
    assert waits[2] > 0.2
    assert waits[3] > 0.4
    status = rig.wait("degraded")
    assert status["message"] == "a: ended with exit code 1"
    rig.until(lambda: "boom: the model is on fire" in rig.slot("a")["log"])
    assert len(rig.starts("b.0")) == 1


def test_the_workflows_own_fault_is_not_tried_again_before_the_plan_changes(rig: Rig) -> None:
    rig.deploy(a="is at fault")
    status = rig.wait("failed")
    assert status["message"] == "a: unknown column `OT`"
    time.sleep(0.5)
    assert len(rig.starts("a.0")) == 1
    rig.deploy(a="is at fault", text="a | b | c")
    rig.until(lambda: len(rig.starts("a.0")) == 2)


def test_an_update_exchanges_changed_steps_only(rig: Rig) -> None:
    rig.deploy(a="runs", b="runs", c="runs")
    before = rig.wait("running")["steps"]
    rig.deploy(a="runs", b=("runs", 2))
    after = rig.wait("running")["steps"]
    assert after["a"][0]["pid"] == before["a"][0]["pid"]
    assert before["b"][0]["pid"] not in {slot["pid"] for slot in after["b"]}
    assert list(after) == ["a", "b"]
    rig.until(lambda: not alive(before["c"][0]["pid"]))


def test_a_new_run_exchanges_all_steps(rig: Rig) -> None:
    rig.deploy(a="runs", b="runs")
    before = rig.wait("running")["steps"]
    rig.deploy(run=2, a="runs", b="runs")
    after = rig.wait("running")["steps"]
    assert rig.status()["run"] == 2
    assert not {before[label][0]["pid"] for label in "ab"} & {
        after[label][0]["pid"] for label in "ab"
    }


def test_a_stopped_workflow_runs_on_when_it_is_wanted_again(rig: Rig) -> None:
    rig.deploy(a="runs")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    rig.want("stopped")
    assert rig.wait("stopped")["steps"]["a"][0]["reason"] == "stopped"
    assert not alive(pid)
    rig.want("running")
    assert rig.wait("running")["steps"]["a"][0]["restarts"] == 0


def test_a_removed_workflow_leaves_no_process_topic_or_file(rig: Rig) -> None:
    rig.deploy(a="runs")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    rig.want("removed")
    rig.until(lambda: rig.control.find(f"/workflows/{rig.name}") is None)
    rig.until(lambda: not (rig.platform.home.workflows / rig.name).exists())
    assert not alive(pid)
    topics = {topic.name for topic in list_topics(rig.platform.kafka)}
    assert not any(topic.startswith(f"amml.{rig.name}.") for topic in topics)


@pytest.mark.long
def test_what_does_not_stop_is_killed(rig: Rig) -> None:
    rig.deploy(a="runs on")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    rig.want("stopped")
    rig.wait("stopped")
    assert not alive(pid)


def test_workers_outlive_a_killed_supervisor_and_are_taken_over(rig: Rig) -> None:
    rig.deploy(a="runs", b=("runs", 2))
    before = rig.wait("running")["steps"]
    rig.kill_supervisor()
    assert all(alive(slot["pid"]) for slots in before.values() for slot in slots)
    rig.start_supervisor()
    rig.deploy(a="runs", b=("runs", 2), text="a | b # looked at again")
    after = rig.wait("running")["steps"]
    assert pids(after) == pids(before)
    assert [len(rig.starts(slot)) for slot in ("a.0", "b.0", "b.1")] == [1, 1, 1]
    os.kill(after["a"][0]["pid"], signal.SIGKILL)
    rig.until(lambda: len(rig.starts("a.0")) == 2)


def test_a_slot_that_died_without_a_supervisor_is_started_once(rig: Rig) -> None:
    rig.deploy(a="runs")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    rig.kill_supervisor()
    os.kill(pid, signal.SIGKILL)
    rig.start_supervisor()
    rig.until(lambda: rig.slot("a")["restarts"] == 1 and rig.status()["state"] == "running")
    assert len(rig.starts("a.0")) == 2


def test_what_has_completed_stays_so_through_a_restart(rig: Rig) -> None:
    rig.deploy(a="completes", b="completes")
    rig.wait("completed")
    rig.kill_supervisor()
    rig.start_supervisor()
    rig.deploy(a="completes", b="completes", text="a | b # again")
    rig.wait("completed")
    assert len(rig.starts("a.0")) == 1


def test_a_second_supervisor_refuses_to_start(rig: Rig) -> None:
    home = rig.platform.home
    first = rig.supervisor
    second = processes.start(
        [sys.executable, "-m", "amml_deploy.supervisor"],
        pid_file=home.path / "run" / "second.pid",
        log=home.log("second"),
        environ=os.environ | {"AMML_HOME": str(home.path)},
        folder=home.path,
    )
    rig.until(lambda: not second.alive())
    assert second.exit_code() == 1
    assert "another supervisor" in home.log("second").read_text(encoding="utf-8")
    assert first.alive()


def test_crashes_are_mended_while_the_control_api_is_down(rig: Rig) -> None:
    rig.deploy(a="runs")
    pid = rig.wait("running")["steps"]["a"][0]["pid"]
    manager = processes.find(rig.platform.home.pid_file("model-manager"))
    assert manager is not None
    manager.signal(signal.SIGSTOP)
    try:
        os.kill(pid, signal.SIGKILL)
        rig_starts = time.monotonic()
        while len(rig.starts("a.0")) < 2:
            assert time.monotonic() < rig_starts + 10
            time.sleep(0.02)
    finally:
        manager.signal(signal.SIGCONT)
    rig.wait("running")


def pids(steps: dict[str, list[dict[str, Any]]]) -> list[int]:
    return [slot["pid"] for slots in steps.values() for slot in slots]


def alive(pid: int) -> bool:
    try:
        # What nobody has reaped yet has ended all the same.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_supervisor_that_is_told_to_stop_stops_its_workers_first(rig: Rig) -> None:
    rig.deploy(a="runs", b="runs")
    before = rig.wait("running")["steps"]
    processes.stop([rig.supervisor], 20)
    assert not any(map(alive, pids(before)))
    rig.start_supervisor()
    rig.until(lambda: [len(rig.starts(slot)) for slot in ("a.0", "b.0")] == [2, 2])


@pytest.mark.long
def test_down_stops_workers_whose_supervisor_was_killed(rig: Rig) -> None:
    rig.deploy(a="runs")
    before = rig.wait("running")["steps"]
    rig.kill_supervisor()
    down(rig.platform.home.path, silent)
    assert not any(map(alive, pids(before)))
    up(rig.platform.home.path, silent)
    processes.stop([rig.supervisor], 20)
    rig.start_supervisor()


def silent(_part: str, _state: str) -> None:
    pass
