"""The platform's own scheduler: it comes back with the platform, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from amml_deploy.control import Control
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import down, up

pytestmark = [pytest.mark.platform, pytest.mark.long]

TEXT = "normalsource rate=10, rows=200 | print"  # twenty seconds


def until(holds: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def silent(_part: str, _state: str) -> None:
    """Nobody reads it."""


def amml(platform: Platform, *words: str) -> None:
    environ = os.environ | {"AMML_HOME": str(platform.home.path)}
    subprocess.run([sys.executable, "-m", "amml_deploy", *words], env=environ, check=True)


def runs(control: Control) -> list[dict[str, Any]]:
    return control.get("/schedules/again")["runs"][::-1]


def commands(platform: Platform) -> list[psutil.Process]:
    """The commands of this platform's schedules that run."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline"]):
        if "amml_deploy.scheduler.command" in (process.info["cmdline"] or ()):
            if process.environ()["AMML_HOME"] == str(platform.home.path):
                found.append(process)
    return found


def test_a_supervisor_that_is_killed_loses_its_run_and_the_next_one_runs(
    own_platform: Platform,
) -> None:
    home = own_platform.home
    up(home.path, silent)
    amml(own_platform, "deploy", "slow", TEXT, "--wait")
    line = ["--run", "run slow --wait"]
    amml(own_platform, "schedule", "add", "again", "--every", "1d", *line)
    with Control(own_platform.control, own_platform.token) as control:
        control.post("/schedules/again/now")
        until(lambda: commands(own_platform))
        supervisor = processes.find(home.pid_file("supervisor"))
        assert supervisor is not None
        supervisor.signal(signal.SIGKILL)
        until(lambda: not commands(own_platform), 10)
        up(home.path, silent)
        assert [run["state"] for run in runs(control)] == ["running"]
        control.post("/schedules/again/now")
        until(lambda: [run["state"] for run in runs(control)][:1] == ["lost"])
        # What was started goes on: the steps are the supervisor's, not the command's.
        until(lambda: len(runs(control)) == 2)
        until(lambda: control.get("/workflows/slow")["status"]["state"] == "completed")
        until(lambda: runs(control)[1]["state"] in ("completed", "failed"))
        control.post("/schedules/again/now")
        until(lambda: [run["state"] for run in runs(control)][2:] == ["completed"])
        control.post("/schedules/again/now")
        until(lambda: commands(own_platform))
        down(home.path, silent)
        assert commands(own_platform) == []
        up(home.path, silent)
        assert runs(control)[3]["state"] == "stopped"
