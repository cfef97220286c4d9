"""The lifeline of a command: without a word from its scheduler it ends, and all it has started."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from typing import TypeAlias

import psutil
import pytest

Start: TypeAlias = Callable[..., tuple[subprocess.Popen[str], io.FileIO]]

# A program that goes on for a minute, with something that it has started.
ENDLESS = """
import subprocess, sys, threading, time
from amml_deploy.scheduler.command import watch
child = subprocess.Popen(["sleep", "60"])
told = (int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
try:
    threading.Thread(target=watch, args=told, daemon=True).start()
    print(child.pid, flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    if "stubborn" not in sys.argv:
        sys.exit(130)
    time.sleep(60)
"""


@pytest.fixture
def start() -> Generator[Start]:
    """Start a program on a lifeline, whose other end is ours."""
    ends: list[io.FileIO] = []

    def begin(program: list[str], *words: str) -> tuple[subprocess.Popen[str], io.FileIO]:
        lifeline, ours = os.pipe()
        ends.append(io.FileIO(ours, "w"))
        command = [sys.executable, *program, str(lifeline), *words]
        process = subprocess.Popen(
            command, pass_fds=[lifeline], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        os.close(lifeline)
        return process, ends[-1]

    yield begin
    for end in ends:
        end.close()


def child_of(process: subprocess.Popen[str]) -> psutil.Process:
    """What it has started, as soon as it is on its lifeline."""
    assert process.stdout is not None
    return psutil.Process(int(process.stdout.readline()))


def test_a_command_does_what_amml_would_do(start: Start) -> None:
    process, _ = start(["-m", "amml_deploy.scheduler.command"], "60", "5", "--version")
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.startswith("amml ")


def test_silence_is_as_good_as_ctrl_c(start: Start) -> None:
    process, _ = start(["-c", ENDLESS], "0.1", "60")
    with process:
        child = child_of(process)
        assert process.wait(30) == 130
    child.kill()


def test_who_does_not_listen_is_killed_with_all_it_has_started(start: Start) -> None:
    process, ours = start(["-c", ENDLESS], "60", "0.1", "stubborn")
    with process:
        child = child_of(process)
        ours.close()
        assert process.wait(30) == -9
        assert psutil.wait_procs([child], 10)[1] == []
