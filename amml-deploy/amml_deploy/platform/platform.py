"""The whole platform: up, down, and how it is."""

import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from amml_deploy.platform import home as homes
from amml_deploy.platform import jar_lock, jars, plugins, processes, server
from amml_deploy.platform.alert_board import AlertBoard
from amml_deploy.platform.alert_board import is_there as alert_board_is_there
from amml_deploy.platform.connect import Connect
from amml_deploy.platform.connect import is_wanted as connect_is_wanted
from amml_deploy.platform.connect import want as want_connect
from amml_deploy.platform.errors import DamagedHome, HomeError, PlatformError, PortTaken
from amml_deploy.platform.hdfs import DataNode, NameNode
from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.kafka import Kafka, nodes_of
from amml_deploy.platform.model_manager import ModelManager
from amml_deploy.platform.postgres import Postgres
from amml_deploy.platform.server import Report, Server
from amml_deploy.platform.supervisor import Supervisor

_DISK = 500 << 20
_MEMORY = 900 << 20
_MEMORY_OF_BROKER = 400 << 20
_GRACE = 20.0
_CHOICES = 3  # of ports, as another program may take one just then
_BASIS = (Kafka, NameNode, DataNode, Postgres)


@dataclass(frozen=True)
class _Jars:
    """The jars of each server that is a Java program, and of Connect's plug-ins."""

    kafka: Sequence[Path] = ()
    hdfs: Sequence[Path] = ()
    connect: Sequence[Path] = ()
    plugins: Mapping[str, Sequence[Path]] = field(default_factory=dict[str, Sequence[Path]])


def up(path: Path, report: Report, brokers: int | None = None, connect: bool = False) -> Platform:
    """Start what does not run; return when everything works.

    Parameters:
        path: the platform's folder, made if it is not there.
        report: is told the name of each part and what it is doing.
        brokers: of Kafka; None means one, or as many as the platform has.
        connect: with a worker of Kafka Connect; one that was wanted before comes up anyway.
    Errors: HomeError, the folder cannot be used; PlatformError, a server does not start.
    """
    home = homes.prepare(path)
    with homes.locked(home), _plain_os_errors(home):
        if connect:
            want_connect(home)
        fresh = not home.platform_file.exists()
        for tries_left in reversed(range(_CHOICES if fresh else 1)):
            platform = homes.addresses(home, brokers)
            _check_room(home)
            try:
                _start(_servers(home, _all_jars(home, report)), home, report)
                return platform
            except PortTaken:
                if not tries_left:
                    raise
                _stop_all(home, report)  # nobody knows these ports yet, so others will do
                home.platform_file.unlink()
    raise AssertionError("the last try has returned or raised")


def down(path: Path, report: Report, purge: bool = False) -> None:
    """Stop everything; with `purge`, remove the folder and all data in it too.

    What is stopped first is what uses the others: the workflows, then the control API.

    Errors: HomeError, the folder is no platform's.
    """
    home = Home(path.absolute())
    if not home.path.exists():
        return
    if not home.is_ours():
        raise HomeError(f"{home.path} is not the folder of an AMML platform; nothing was touched")
    with homes.locked(home):
        if home.platform_file.exists():
            try:
                _stop_all(home, report)
            except DamagedHome:
                if not purge:
                    raise
                _stop_unknown(home, report)
        if purge:
            report("data", "removing")
            homes.remove(home)


def status(path: Path) -> dict[str, Any]:
    """How each server is: `ready`, `starting` or `down`, with its pid and where its log is."""
    home = Home(path.absolute())
    servers = [_state(each, home) for each in _servers(home)] if home.platform_file.exists() else []
    states = {each["state"] for each in servers}
    overall = "up" if states == {"ready"} else "partly up" if states - {"down"} else "down"
    return {"home": str(home.path), "state": overall, "servers": servers}


def _servers(home: Home, found: _Jars | None = None) -> list[Server]:
    """All servers, in the order in which they start; without jars they can only be looked at."""
    platform = homes.read(home)
    nodes = nodes_of(platform.ports)
    found = found or _Jars()
    connect = Connect(home, platform, found.connect, found.plugins)
    return [
        *(Kafka(home, nodes, found.kafka, number) for number in range(1, len(nodes) + 1)),
        NameNode(home, platform, found.hdfs),
        DataNode(home, platform, found.hdfs),
        Postgres(home, platform),
        *([connect] if connect_is_wanted(home) else []),
        ModelManager(home, platform),
        *([AlertBoard(home, platform)] if alert_board_is_there(platform) else []),
        Supervisor(home),
    ]


def _state(each: Server, home: Home) -> dict[str, Any]:
    process = server.running(each, home)
    state = "down" if process is None else "ready" if each.is_ready() else "starting"
    return {
        "name": each.name,
        "state": state,
        "pid": process.pid if process else None,
        "log": str(home.log(each.name)),
    }


def _stop_all(home: Home, report: Report) -> None:
    basis, (*others, supervisor) = _in_two(_servers(home))
    _stop(supervisor, home, report)
    _stop_workers(home, report)
    _together(*(_stopping(each, home, report) for each in others))
    _together(*(_stopping(each, home, report) for each in basis))


def _start(servers: Sequence[Server], home: Home, report: Report) -> None:
    """Start what does not run, if nobody stands in its way."""
    for each in servers:
        if server.running(each, home) is None:
            server.check_ports(each, home)
    basis, (*others, supervisor) = _in_two(servers)
    _together(*(_starting(each, home, report) for each in basis))
    _together(*(_starting(each, home, report) for each in others))
    server.ensure(supervisor, home, report)


def _in_two(servers: Sequence[Server]) -> tuple[list[Server], list[Server]]:
    """Those that hold the data, and those that use them."""
    basis: list[Server] = [each for each in servers if isinstance(each, _BASIS)]
    return basis, [each for each in servers if each not in basis]


def _starting(each: Server, home: Home, report: Report) -> Callable[[], None]:
    return lambda: server.ensure(each, home, report)


def _stopping(each: Server, home: Home, report: Report) -> Callable[[], None]:
    return lambda: _stop(each, home, report)


def _stop(each: Server, home: Home, report: Report) -> None:
    if process := server.running(each, home):
        report(each.name, "stopping")
        processes.stop([process], _GRACE, each.stop_signal)
        report(each.name, "stopped")
    home.pid_file(each.name).unlink(missing_ok=True)


def _stop_unknown(home: Home, report: Report) -> None:
    """Stop whatever has a pid file, in no order: all of its data is about to go."""
    _stop_workers(home, report)
    left = [process for file in home.pid_files() if (process := processes.find(file))]
    report("servers", "stopping")
    processes.stop(left, _GRACE)


def _stop_workers(home: Home, report: Report) -> None:
    """The supervisor stops them, unless it was killed before it could."""
    pid_files = home.workflows.glob("*/run/*.pid")
    left = [process for file in pid_files if (process := processes.find(file))]
    if left:
        report("workflows", "stopping")
        processes.stop(left, _GRACE)


def _all_jars(home: Home, report: Report) -> _Jars:
    cache, lock = jars.cache_path(), jar_lock.read()

    def of(name: str) -> list[Path]:
        return jars.jars(name, jars.GROUPS[name], cache, lambda what: report(name, what), lock)

    if not connect_is_wanted(home):
        return _Jars(of("kafka"), of("hdfs"))
    known = plugins.plugins(cache, lambda what: report("connect", what))
    return _Jars(of("kafka"), of("hdfs"), of("connect"), known)


def _together(*jobs: Callable[[], None]) -> None:
    """Do all at once; raise the first error when all have ended."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()


def _check_room(home: Home) -> None:
    """Refuse to start anything where there is no room for it; what runs already has its room."""
    free = shutil.disk_usage(home.path).free
    if free < _DISK:
        raise PlatformError(
            f"only {free >> 20} MB are free on the disk of {home.path}; the platform needs "
            f"{_DISK >> 20} MB"
        )
    servers = _servers(home)
    needed = _MEMORY + _MEMORY_OF_BROKER * (sum(isinstance(s, Kafka) for s in servers) - 1)
    runs = any(server.running(each, home) for each in servers)
    memory = psutil.virtual_memory().available
    if not runs and memory < needed:
        raise PlatformError(
            f"only {memory >> 20} MB of memory are free; the platform needs about {needed >> 20} MB"
        )


@contextmanager
def _plain_os_errors(home: Home) -> Generator[None]:
    """A full disk, or a folder that was made read-only, is one message."""
    try:
        yield
    except OSError as error:
        raise PlatformError(f"{error.filename or home.path}: {error.strerror or error}") from error
