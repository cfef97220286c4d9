"""The platform's folder, `~/.amml` or `AMML_HOME`: what lies where, and who may use it now."""

import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amml_deploy.platform import ports
from amml_deploy.platform.errors import DamagedHome, HomeError, PlatformError

_MARKER = ".amml-home"
_LOCK_WAIT = 180
_ADDRESSES = ("kafka", "control", "webhdfs", "connect", "database")
# Hadoop and Kafka read lists of folders with commas, Java a class path with colons.
_PATH = re.compile(r"[\w./ @+=~-]+")
_PORTS = (
    "namenode",
    "webhdfs",
    "datanode",
    "datanode_http",
    "datanode_ipc",
    "postgres",
    "control",
    "connect",
    "alerts",
)


@dataclass(frozen=True)
class Home:
    """The folder of one platform."""

    path: Path

    @property
    def platform_file(self) -> Path:
        """Where the addresses are, for everybody who uses the platform."""
        return self.path / "platform.json"

    @property
    def token_file(self) -> Path:
        """The bearer token of the control API."""
        return self.path / "token"

    @property
    def password_file(self) -> Path:
        """The password of PostgreSQL's one user, which outlives the choice of other ports."""
        return self.path / "password"

    def data(self, server: str) -> Path:
        """What a server keeps."""
        return self.path / "data" / server

    def config(self, server: str) -> Path:
        """What a server is told."""
        return self.path / "config" / server

    def log(self, server: str) -> Path:
        """What a server says."""
        return self.path / "logs" / f"{server}.log"

    def pid_file(self, server: str) -> Path:
        """Which process a server is."""
        return self.path / "run" / f"{server}.pid"

    def pid_files(self) -> list[Path]:
        """Those of all servers that were ever started."""
        return sorted((self.path / "run").glob("*.pid"))

    @property
    def secrets(self) -> Path:
        """A file for each secret, which `${secret:NAME}` stands for."""
        return self.path / "secrets"

    @property
    def workflows(self) -> Path:
        """What belongs to local workflows: specifications, pid files, logs."""
        return self.path / "workflows"

    def is_ours(self) -> bool:
        """Whether the folder is a platform's, so that it may be removed."""
        return (self.path / _MARKER).is_file()


@dataclass(frozen=True)
class Platform:
    """Where the servers of a platform are reached, as `platform.json` has it."""

    home: Home
    kafka: str
    control: str
    webhdfs: str
    connect: str
    database: str = field(repr=False)  # it holds a password
    token: str = field(repr=False)
    ports: Mapping[str, int]


def prepare(path: Path) -> Home:
    """The folder, made if it is not there.

    Errors: HomeError, it is somebody else's, cannot be written or has an impossible name.
    """
    home = Home(path.absolute())
    if not _PATH.fullmatch(str(home.path)):
        raise HomeError(
            f"AMML_HOME: {home.path} has a character that Kafka or HDFS cannot take; "
            "use letters, digits and `. _ - / @ + = ~`"
        )
    try:
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not home.is_ours():
            if any(home.path.iterdir()):
                raise HomeError(
                    f"AMML_HOME: {home.path} is not empty and not AMML's; nothing in it was "
                    "touched. Name an empty or a new folder"
                )
            (home.path / _MARKER).write_text("The folder of an AMML platform.\n", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"AMML_HOME: {home.path} cannot be used: {error.strerror}. Set AMML_HOME to a folder "
            "that you may write to"
        ) from error
    return home


@contextmanager
def locked(home: Home) -> Generator[None]:
    """Nobody else starts or stops this platform meanwhile; the end of a process frees the lock.

    Errors: PlatformError, somebody else holds it for minutes.
    """
    with (home.path / _MARKER).open("rb") as file:
        end = time.monotonic() + _LOCK_WAIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise PlatformError(
                        f"another `amml up` or `amml down` has been at work on {home.path} for "
                        f"{_LOCK_WAIT // 60} minutes"
                    ) from None
                time.sleep(0.1)
        yield


def addresses(home: Home, brokers: int | None = None) -> Platform:
    """Where everything is, chosen at the first start and kept.

    Parameters:
        brokers: how many; None means one, or as many as there are.
    Errors: HomeError, the platform has another number of brokers.
    """
    if not home.platform_file.exists():
        # The secrets first: who finds platform.json finds them beside it. They stay when ports are
        # chosen anew, for a database that was made knows its password.
        for file in (home.token_file, home.password_file):
            if not file.exists():
                write_private(file, secrets.token_urlsafe(32))
        _choose(home, brokers or 1)
    platform = read(home)
    found = platform.kafka.count(",") + 1
    if brokers not in (None, found):
        raise HomeError(
            f"the platform at {home.path} has {found} broker{'s' * (found > 1)}, not {brokers}: "
            "the number is chosen at the first start. Name another folder, or begin anew with "
            "`amml down --purge`"
        )
    return platform


def port_name(broker: int) -> str:
    """What the port of a broker is called, from number 1 on.

    >>> port_name(1), port_name(2)
    ('kafka', 'kafka_2')
    """
    return "kafka" if broker == 1 else f"kafka_{broker}"


def read(home: Home) -> Platform:
    """What `platform.json` says.

    Errors: PlatformError, it was never written or cannot be read; DamagedHome.
    """
    try:
        document: dict[str, Any] = json.loads(home.platform_file.read_text(encoding="utf-8"))
        token = home.token_file.read_text(encoding="ascii").strip()
        addresses = {name: str(document[name]) for name in _ADDRESSES}
        ports = {str(name): int(port) for name, port in document["ports"].items()}
    except FileNotFoundError:
        raise PlatformError(f"there is no platform at {home.path}: run `amml up`") from None
    except OSError as error:
        raise PlatformError(f"{error.filename} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedHome(
            f"{home.platform_file} is damaged: it does not say where the servers are. Restore it, "
            "or begin anew: `amml down --purge` stops the servers and removes all data"
        ) from error
    return Platform(home=home, token=token, ports=ports, **addresses)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def remove(home: Home) -> None:
    """Remove the folder and all in it, the marker last, so that a killed purge can be repeated."""
    for child in home.path.iterdir():
        if child.name != _MARKER:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    (home.path / _MARKER).unlink()
    home.path.rmdir()


def _choose(home: Home, brokers: int) -> None:
    kafka = [port_name(number) for number in range(1, brokers + 1)]
    names = [*kafka, *(f"{name}_controller" for name in kafka), *_PORTS]
    chosen = dict(zip(names, ports.choose(len(names)), strict=True))
    password = home.password_file.read_text(encoding="ascii").strip()
    document = {
        "kafka": ",".join(f"127.0.0.1:{chosen[name]}" for name in kafka),
        "control": f"http://127.0.0.1:{chosen['control']}",
        "webhdfs": f"http://127.0.0.1:{chosen['webhdfs']}",
        "connect": f"http://127.0.0.1:{chosen['connect']}",
        "database": f"postgresql://amml:{password}@127.0.0.1:{chosen['postgres']}/postgres",
        "token_file": str(home.token_file),
        "ports": chosen,
    }
    write_private(home.platform_file, json.dumps(document, indent=2))
