"""Processes that outlive the one that started them, known again by pid and time of birth.

A pid alone may be somebody else's by now. The pid file holds the birth too, and is written by the
process itself before it becomes the program: there is no moment at which it runs unknown.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOG_LIMIT = 10 << 20
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# "$0" is the pid file, "$1" the folder to run in; the rest is the program. Where there is no /proc,
# `ps` tells the birth, to the second.
_LAUNCH = """
if [ -r /proc/$$/stat ]; then read -r birth < /proc/$$/stat; else birth=$(ps -o lstart= -p $$); fi
printf '%s\\n%s\\n' "$$" "$birth" > "$0"
cd "$1" && shift && exec "$@"
"""


@dataclass(frozen=True)
class Process:
    """A process that may have ended, or belong to an earlier boot."""

    pid: int
    birth: str

    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return _birth(self.pid) == self.birth

    def exit_code(self) -> int | None:
        """How a child has ended, told once; None if it runs, or is no child of this process."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid else None

    def signal(self, number: int) -> None:
        """Send a signal, if it still is the process that is meant."""
        if _birth(self.pid) == self.birth:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def children(self) -> list["Process"]:
        """All that it has started and that still runs."""
        try:
            found = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        births = [(child.pid, _birth(child.pid)) for child in found]
        return [Process(pid, birth) for pid, birth in births if birth]


def start(
    argv: Sequence[str],
    *,
    pid_file: Path,
    log: Path,
    environ: Mapping[str, str],
    folder: Path,
) -> Process:
    """Start a program in a session of its own, with nothing of ours but its log.

    Parameters:
        pid_file: where it is written, before the program begins.
        log: where stdout and stderr are appended to; a log past 10 MiB moves to `<log>.1` first.
        folder: the folder it runs in.
    """
    for path in (pid_file, log):
        path.parent.mkdir(parents=True, exist_ok=True)
    _rotate(log)
    pid_file.unlink(missing_ok=True)
    pid = os.posix_spawn(
        "/bin/sh",
        ["/bin/sh", "-c", _LAUNCH, str(pid_file), str(folder), *argv],
        dict(environ),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD],
    )
    return Process(pid, _birth(pid) or "")


def find(pid_file: Path) -> Process | None:
    """The process that a pid file speaks of, if it still runs."""
    try:
        pid, line = pid_file.read_text(encoding="utf-8").split("\n")[:2]
        process = Process(int(pid), _parse(line))
    except (FileNotFoundError, ValueError):
        return None
    written_since_boot = pid_file.stat().st_mtime >= psutil.boot_time() - 60
    if written_since_boot and process.alive():
        return process
    process.exit_code()  # a child of ours that was killed does not stay a zombie
    return None


def stop(processes: Iterable[Process], grace: float, number: int = signal.SIGTERM) -> None:
    """End processes and all they have started: ask, wait until one deadline, then kill."""
    asked = list(processes)
    every = [*asked, *(child for process in asked for child in process.children())]
    for process in asked:
        process.signal(number)
    if not wait(every, grace):
        for process in every:
            process.signal(signal.SIGKILL)
        wait(every, 10)


def wait(processes: Iterable[Process], seconds: float) -> bool:
    """Wait until all have ended; whether they have."""
    end = time.monotonic() + seconds
    every = list(processes)
    while any(process.alive() for process in every):
        if time.monotonic() >= end:
            return False
        time.sleep(0.02)
    for process in every:
        process.exit_code()
    return True


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))


def _birth(pid: int) -> str | None:
    """When a process was born, in a form that only it has; None if it has ended."""
    try:
        return _parse(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None if _BOOT_ID.exists() else _birth_by_ps(pid)


def _parse(line: str) -> str:
    """The birth from a line of /proc/<pid>/stat, in clock ticks since the boot, or from `ps`.

    Errors: ValueError, there is none, or the process has ended.

    >>> _parse("7 (a b) S 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 1234 99")
    '1234'
    """
    if ")" not in line:
        if not line.strip():
            raise ValueError("no birth")
        return line.strip()
    fields = line.rpartition(")")[2].split()
    state, threads = fields[0], int(fields[17])
    # A dying process is a zombie while its other threads still hold its ports and files.
    if state == "X" or (state == "Z" and threads < 2):
        raise ValueError("it has ended")
    return fields[19]


def _birth_by_ps(pid: int) -> str | None:
    asked = [shutil.which("ps") or "ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip() or None
