"""What the platform asks of a server, and how it is brought up."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import requests

from amml_deploy.platform import ports as port_numbers
from amml_deploy.platform import processes
from amml_deploy.platform.errors import PlatformError, PortTaken, with_log
from amml_deploy.platform.home import Home
from amml_deploy.platform.processes import Process
from amml_runtime.kafka_security import without_security

_POLL = 0.05
_FREED_WITHIN = 5.0
_ANSWERS_WITHIN = 180.0  # a busy machine can take minutes


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
    process = running(server, home)
    if process is None or not _wait_ready(server, process, home):
        if not _wait_ready(server, _begin(server, home, report), home):
            raise with_log(f"{server.name} has ended while starting", home.log(server.name))
    report(server.name, "ready")


def _begin(server: Server, home: Home, report: Report) -> Process:
    report(server.name, "starting")
    check_ports(server, home)
    server.prepare()
    command = server.command()
    return processes.start(
        command.argv,
        pid_file=home.pid_file(server.name),
        log=home.log(server.name),
        environ=without_security(os.environ) | dict(command.environ),
        folder=command.folder,
    )


def _wait_ready(server: Server, process: Process, home: Home) -> bool:
    """Wait until a server does its work; False if it ends instead.

    Errors: PlatformError, it runs and does not answer.
    """
    started = time.monotonic()
    while not server.is_ready():
        if not process.alive():
            process.exit_code()  # which leaves no zombie
            return False
        if time.monotonic() > started + _ANSWERS_WITHIN:
            raise with_log(
                f"{server.name} runs but did not answer for {_ANSWERS_WITHIN:.0f} s; "
                "`amml down`, then `amml up`, starts it anew",
                home.log(server.name),
            )
        time.sleep(_POLL)
    return True


def is_well(url: str) -> bool:
    """Whether a server of ours answers a GET, and with no error."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy between here and loopback helps nobody
        try:
            return session.get(url, timeout=5).ok
        except requests.RequestException:
            return False


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


def check_ports(server: Server, home: Home) -> None:
    """Whether a server that does not run could listen where it should.

    Errors: PortTaken.
    """
    end = time.monotonic() + _FREED_WITHIN
    for port in server.ports:
        while not port_numbers.is_free(port) and time.monotonic() < end:
            time.sleep(_POLL)  # a process that was just killed holds its ports for a moment more
        if not port_numbers.is_free(port):
            raise PortTaken(
                f"{server.name}: port {port} on 127.0.0.1 has been taken by another program"
                f"{port_numbers.holder(port)} since it was chosen. End that program, or remove "
                f"{home.platform_file} while the platform is down: `amml up` then chooses new ports"
            )
