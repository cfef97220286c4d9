"""Nothing stays of a sandbox, however its command ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from amml_deploy.certify.ground import remove_leftovers
from amml_deploy.control import Control
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_runtime.admin import list_topics

pytestmark = [pytest.mark.platform]

INTERRUPTIBLE = ["env", "--default-signal=INT"]  # where pytest runs in the background it is not

Running = subprocess.Popen[str]
Left = Callable[[], list[str]]


@pytest.fixture
def certifying(platform: Platform) -> Generator[tuple[Running, Path]]:
    """A command whose steps are at work, and its folder."""
    before = set(folders(platform))
    environ = os.environ | {"AMML_HOME": str(platform.home.path)}
    words = ["certify", "normalsource rows=100000, rate=100 | print", "--rounds", "1"]
    command = subprocess.Popen(
        [*INTERRUPTIBLE, sys.executable, "-m", "amml_deploy", *words], env=environ, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_until(lambda: any(pid_files(f) for f in set(folders(platform)) - before))
        [folder] = [f for f in set(folders(platform)) - before if pid_files(f)]
        wait_until(lambda: len(pid_files(folder)) == 2)
        yield command, folder
    finally:
        command.kill()
        command.communicate()


@pytest.fixture
def left(platform: Platform, certifying: tuple[Running, Path]) -> Left:
    """What there is of that sandbox: its folder, topics and processes."""
    _, folder = certifying

    def look() -> list[str]:
        topics = [t.name for t in list_topics(platform.kafka) if t.name.startswith(folder.name)]
        alive = [str(file) for file in pid_files(folder) if processes.find(file)]
        return [*topics, *alive, *([str(folder)] if folder.exists() else [])]

    return look


def folders(platform: Platform) -> list[Path]:
    return list((platform.home.path / "certify").glob("*"))


def pid_files(folder: Path) -> list[Path]:
    return list(folder.glob("*/run/*.pid"))


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_removes_its_sandbox(
    certifying: tuple[Running, Path], left: Left, number: int
) -> None:
    command, _ = certifying
    pids = [p for file in pid_files(certifying[1]) if (p := processes.find(file))]
    command.send_signal(number)
    assert command.wait(120) == 130
    assert not left() and not any(process.alive() for process in pids)


def test_what_a_killed_command_left_is_removed_by_the_next(
    platform: Platform, certifying: tuple[Running, Path], left: Left
) -> None:
    command, _ = certifying
    with Control(platform.control, platform.token, "test") as control:
        remove_leftovers(platform, control)
        assert len(left()) > 3, "a sandbox in use is left alone"
        command.kill()
        command.wait()
        remove_leftovers(platform, control)
    assert not left()
