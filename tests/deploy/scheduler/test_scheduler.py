"""Schedulers with a real control API and real commands."""

import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import pytest

from amml_deploy.scheduler import allowed, scheduler

pytestmark = pytest.mark.platform

PRETENDER = Path(__file__).parent / "pretender.py"

Rig = Any  # the fixture of conftest.py, which tests do not import
Start: TypeAlias = Callable[[float], subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def also_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """`autoscale` never ends by itself, and `list` ends well at once."""
    monkeypatch.setattr(allowed, "ALLOWED", (*allowed.ALLOWED, ("autoscale",), ("list",)))


@pytest.fixture
def scheduler_process(rig: Rig) -> Generator[Start]:
    """Start `amml scheduler` with a lease of so many seconds."""
    started: list[subprocess.Popen[bytes]] = []

    def start(lease: float) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(PRETENDER), str(lease)]
        started.append(subprocess.Popen(command, env=rig.environ, stdout=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def at(run: dict[str, Any], key: str) -> datetime:
    return datetime.fromisoformat(run[key])


def command_of(process: subprocess.Popen[bytes]) -> psutil.Process:
    [command] = psutil.Process(process.pid).children()
    return command


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_two_schedulers_run_each_due_time_once_and_never_two_at_once(rig: Rig) -> None:
    rig.add("often", "run nothing", every_ms=1000, missed="all")
    for _ in range(2):
        rig.scheduler()
    rig.until(lambda: rig.states("often").count("failed") >= 3)
    runs = rig.runs("often")[:3]
    due = [at(run, "due").timestamp() for run in runs]
    assert [round(later - earlier, 3) for earlier, later in pairwise(due)] == [1, 1]
    assert all(at(before, "ended") <= at(after, "started") for before, after in pairwise(runs))
    assert {run["exit_code"] for run in runs} == {2}
    assert {tuple(run["output"]) for run in runs} == {
        ("error: no workflow `nothing`: `amml list` shows them",)
    }


def test_times_that_passed_while_nothing_ran_are_made_up_for_by_rule(rig: Rig) -> None:
    """All three were due almost two hours ago, and almost one."""
    hours = {"all": [2, 1], "once": [1], "skip": []}
    for missed in hours:
        rig.add(missed, "run nothing", missed=missed)
        rig.age(missed, "2 hours 59 minutes 50 seconds")
    rig.scheduler()
    rig.until(lambda: all(rig.states(name) == ["failed"] * len(hours[name]) for name in hours))
    for name in hours:
        late = [(at(run, "started") - at(run, "due")).total_seconds() for run in rig.runs(name)]
        assert [round(seconds / 3600) for seconds in late] == hours[name]


def test_what_a_command_printed_and_how_it_ended_is_kept(rig: Rig) -> None:
    rig.add("good", "list")
    rig.now("good")
    rig.scheduler()
    rig.until(lambda: rig.states("good") == ["completed"])
    [run] = rig.runs("good")
    assert run["exit_code"] == 0
    assert any("no workflows yet" in line for line in run["output"])


def test_a_command_that_takes_too_long_is_stopped(rig: Rig) -> None:
    rig.add("endless", "autoscale", timeout_ms=1000)
    rig.now("endless")
    rig.scheduler()
    rig.until(lambda: rig.states("endless") == ["timed out"])


def test_a_scheduler_that_stops_stops_its_commands_and_marks_them(
    rig: Rig, scheduler_process: Start
) -> None:
    rig.add("endless", "autoscale")
    rig.now("endless")
    process = scheduler_process(30)
    rig.until(lambda: rig.states("endless") == ["running"])
    command = command_of(process)
    process.terminate()
    assert process.wait(20) == 0
    assert rig.states("endless") == ["stopped"]
    assert gone(command)


def run_next(rig: Rig) -> None:
    """Let another scheduler have something to run, as soon as `endless` is free."""
    rig.add("endless", "list")
    rig.now("endless")
    rig.scheduler()


def test_a_command_dies_with_its_scheduler_and_the_next_waits_for_the_lease(
    rig: Rig, scheduler_process: Start
) -> None:
    rig.add("endless", "autoscale")
    rig.now("endless")
    process = scheduler_process(60)
    rig.until(lambda: rig.states("endless") == ["running"])
    command = command_of(process)
    process.kill()
    run_next(rig)
    rig.until(lambda: gone(command))
    assert rig.states("endless") == ["running"]
    rig.end_leases()
    rig.until(lambda: rig.states("endless") == ["lost", "completed"])
    lost, after = rig.runs("endless")
    assert lost["ended"] <= after["started"]
    assert lost["exit_code"] is None


@pytest.mark.long
def test_a_command_of_a_frozen_scheduler_ends_before_the_lease_is_over(
    rig: Rig, scheduler_process: Start
) -> None:
    rig.add("endless", "autoscale")
    rig.now("endless")
    process = scheduler_process(12)
    rig.until(lambda: rig.states("endless") == ["running"])
    command = command_of(process)
    process.send_signal(signal.SIGSTOP)
    run_next(rig)
    rig.until(lambda: gone(command))
    assert rig.states("endless") == ["running"]
    rig.until(lambda: rig.states("endless") == ["lost", "completed"])
    process.send_signal(signal.SIGCONT)
    assert rig.states("endless") == ["lost", "completed"]


@pytest.mark.long
def test_a_run_without_a_control_api_is_lost_and_not_its_commands_fault(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "AT_ONCE", 1)
    monkeypatch.setattr(allowed, "ALLOWED", (("schedule",), ("list",)))
    rig.add("other", "list")
    rig.add("waits", "schedule run other --wait")  # for ever, as it is the one
    rig.now("waits")
    ours = rig.scheduler(lease=12)
    rig.until(lambda: rig.control.get("/schedules/other")["asked"])
    url, ours._control.url = ours._control.url, "http://127.0.0.1:1"
    rig.until(lambda: ours._taken[0].running.exit_code())
    ours._control.url = url
    rig.until(lambda: rig.states("other") == ["completed"])
    assert rig.states("waits") == ["lost"]
    assert rig.runs("waits")[0]["exit_code"] == 130


def test_a_run_that_is_not_ours_any_more_is_stopped(rig: Rig) -> None:
    rig.add("endless", "autoscale")
    rig.now("endless")
    rig.scheduler(lease=3)
    rig.until(lambda: rig.states("endless") == ["running"])
    [run] = rig.runs("endless")
    end = {"by": run["by"], "state": "failed"}
    rig.control.put(f"/schedules/endless/runs/{run['id']}", end)
    rig.until(lambda: any("has ended: lost" in said for said in rig.said))
    assert rig.states("endless") == ["failed"]


def test_what_cannot_run_is_told_and_keeps_nothing_else_from_running(rig: Rig) -> None:
    rig.add("bad-cron", "list", cron="61 * * * *")
    rig.add("forbidden", "down --purge")
    rig.now("forbidden")
    rig.add("good", "list")
    rig.now("good")
    rig.scheduler()
    rig.until(lambda: rig.states("good") == ["completed"])
    rig.until(lambda: rig.states("forbidden") == ["failed"])
    assert "may not run by itself" in rig.runs("forbidden")[0]["output"][0]
    told = [said for said in rig.said if "bad-cron" in said]
    assert len(told) == 1 and "bad minute" in told[0]


def test_only_so_many_commands_run_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "AT_ONCE", 1)
    for name in ("a", "b"):
        rig.add(name, "list")
        rig.now(name)
    rig.scheduler()
    rig.until(lambda: [*rig.states("a"), *rig.states("b")] == ["completed"] * 2)
    [first], [second] = rig.runs("a"), rig.runs("b")
    assert first["ended"] <= second["started"]
