"""Processes are known again by pid and birth."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from amml_deploy.platform import processes
from amml_deploy.platform.processes import Process

Starter = Callable[[str], Process]


@pytest.fixture
def run(tmp_path: Path) -> Starter:
    """Start a Python program whose pid file is `pid` and log `log`."""

    def start(program: str) -> Process:
        return processes.start(
            [sys.executable, "-c", program],
            pid_file=tmp_path / "pid",
            log=tmp_path / "log",
            environ=os.environ,
            folder=tmp_path,
        )

    return start


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_started_process_is_found_by_its_pid_file(run: Starter, tmp_path: Path) -> None:
    process = run("import time; time.sleep(60)")
    until(lambda: processes.find(tmp_path / "pid") == process)
    assert os.getsid(process.pid) == process.pid
    processes.stop([process], 5)
    assert processes.find(tmp_path / "pid") is None
    assert not process.alive()


def test_a_pid_that_is_somebody_elses_now_is_not_found(tmp_path: Path) -> None:
    stat = Path(f"/proc/{os.getpid()}/stat").read_text(encoding="utf-8")
    head, _, rest = stat.rpartition(")")
    fields = rest.split()
    fields[19] = str(int(fields[19]) - 1)
    pid_file = tmp_path / "pid"
    pid_file.write_text(f"{os.getpid()}\n{head}) {' '.join(fields)}\n", encoding="utf-8")
    assert processes.find(pid_file) is None
    pid_file.write_text(f"{os.getpid()}\n{stat}", encoding="utf-8")
    assert processes.find(pid_file) is not None


@pytest.mark.parametrize("content", ["", "17", "x\ny\n", "17\n\n"])
def test_a_broken_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content, encoding="utf-8")
    assert processes.find(tmp_path / "pid") is None


def test_the_exit_code_of_a_child_is_told_once(run: Starter) -> None:
    process = run("raise SystemExit(3)")
    until(lambda: not process.alive())
    assert (process.exit_code(), process.exit_code()) == (3, None)


def test_a_process_of_many_threads_tells_how_it_was_killed(run: Starter, tmp_path: Path) -> None:
    # Its first thread is seen as a zombie before the others are gone and it can be asked.
    for _ in range(10):
        (tmp_path / "log").unlink(missing_ok=True)
        process = run(
            "import threading, time\n"
            "for _ in range(200): threading.Thread(target=time.sleep, args=[60]).start()\n"
            "print('ready', flush=True)"
        )
        until(lambda: "ready" in (tmp_path / "log").read_text(encoding="utf-8"))
        process.signal(signal.SIGKILL)
        while process.alive():
            pass
        assert process.exit_code() == -signal.SIGKILL


def test_what_does_not_stop_is_killed_with_its_children(run: Starter, tmp_path: Path) -> None:
    process = run(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    until(lambda: "ready" in (tmp_path / "log").read_text(encoding="utf-8"))
    children = process.children()
    assert len(children) == 1
    processes.stop([process], 0.2)
    assert not any(each.alive() for each in [process, *children])


def test_a_process_that_has_ended_gets_no_signal(run: Starter) -> None:
    process = run("pass")
    until(lambda: not process.alive())
    process.signal(signal.SIGKILL)
    assert process.exit_code() == 0
