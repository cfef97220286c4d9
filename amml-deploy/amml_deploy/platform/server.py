"""What the platform asks of a server, and how it is brought up."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from amml_deploy.platform import ports as port_numbers
from amml_deploy.platform import processes
from amml_deploy.platform.errors import PlatformError, with_log
from amml_deploy.platform.home import Home
from amml_deploy.platform.processes import Process

_POLL = 0.05


@dataclass(frozen=True)
class Command:
    """How a server is run; `environ` is added to the environment of this process."""

    argv: list[str]
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path = Path("/")


class Server(Protocol):
    """One process of the platform."""

    @property
    def name(self) -> str:
        """Names its folders, its log and its pid file."""
        ...

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports it listens on."""
        ...

    @property
    def stop_signal(self) -> int:
        """What ends it in good order."""
        ...

    def prepare(self) -> None:
        """Make its folders and files; called before each start."""
        ...

    def command(self) -> Command:
        """How to run it."""
        ...

    def is_ready(self) -> bool:
        """Whether it does its work now."""
        ...


Report = Callable[[str, str], None]
"""Told the name of a part of the platform and what it is doing now."""


def ensure(server: Server, home: Home, report: Report) -> None:
    """Start a server unless it runs already, and wait until it is ready.

    Errors: PlatformError, with the end of its log.
    """
    begin(server, home, report)
    wait_ready(server, home, report)


def begin(server: Server, home: Home, report: Report) -> None:
    """Start a server unless it runs already.

    Errors: PlatformError, its port is taken, or it cannot be prepared.
    """
    if processes.find(home.pid_file(server.name)):
        return
    report(server.name, "starting")
    _check_ports(server, home)
    server.prepare()
    command = server.command()
    processes.start(
        command.argv,
        pid_file=home.pid_file(server.name),
        log=home.log(server.name),
        environ=dict(os.environ) | dict(command.environ),
        folder=command.folder,
    )


def wait_ready(server: Server, home: Home, report: Report, seconds: float = 120) -> None:
    """Wait until a server that was started does its work.

    Errors: PlatformError, it ended, or the time is over.
    """
    end = time.monotonic() + seconds
    log, pid_file = home.log(server.name), home.pid_file(server.name)
    started = time.monotonic()
    while not server.is_ready():
        # Its pid file appears a moment after it was started.
        if time.monotonic() > started + 2 and processes.find(pid_file) is None:
            raise with_log(f"{server.name} has ended while starting", log)
        if time.monotonic() > end:
            raise with_log(
                f"{server.name} runs but did not answer for {seconds:.0f} s; "
                "`amml down`, then `amml up`, starts it anew",
                log,
            )
        time.sleep(_POLL)
    report(server.name, "ready")


def running(server: Server, home: Home) -> Process | None:
    """The server's process, if it runs."""
    return processes.find(home.pid_file(server.name))


def run(argv: Sequence[str], name: str, environ: dict[str, str] | None = None) -> None:
    """Run a command that prepares a server to its end.

    Errors: PlatformError, with what it said.
    """
    done = subprocess.run(
        argv, capture_output=True, text=True, env=os.environ | (environ or {}), cwd="/"
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise PlatformError(f"{name} cannot be prepared (exit code {done.returncode}):\n{said}")


def _check_ports(server: Server, home: Home) -> None:
    for port in server.ports:
        if not port_numbers.is_free(port):
            raise PlatformError(
                f"{server.name}: port {port} on 127.0.0.1 has been taken by another program since "
                f"it was chosen. End that program, or remove {home.platform_file} while the "
                "platform is down: `amml up` then chooses new ports"
            )
