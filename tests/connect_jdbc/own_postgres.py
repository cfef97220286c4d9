"""A PostgreSQL of a test's own, that can prepare transactions and be made a standby."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.platform import home as homes
from amml_deploy.platform import ports, processes, server
from amml_deploy.platform.home import Platform
from amml_deploy.platform.postgres import Postgres
from amml_deploy.platform.server import Command


@dataclass(frozen=True)
class OwnPostgres(Postgres):
    """The platform's server, with another setting."""

    def command(self) -> Command:
        """Allows a few transactions to be prepared."""
        return Command([*super().command().argv, "-c", "max_prepared_transactions=4"])

    def start(self) -> None:
        """Run it until `stop`."""
        server.ensure(self, self.home, lambda _part, _state: None)

    def stop(self) -> None:
        """End it in good order."""
        if process := server.running(self, self.home):
            processes.stop([process], 20.0, self.stop_signal)

    def become_standby(self) -> None:
        """Start again as one that waits for what another server writes."""
        self.stop()
        (self.home.data(self.name) / "standby.signal").touch()
        self.start()


@contextmanager
def running(folder: Path) -> Generator[OwnPostgres]:
    """A server on a free loopback port, until the end."""
    home = homes.prepare(folder)
    [port] = ports.choose(1)
    database = f"postgresql://amml:{secrets.token_hex(16)}@127.0.0.1:{port}/postgres"
    platform = Platform(
        home=home,
        kafka="",
        control="",
        webhdfs="",
        connect="",
        database=database,
        token="",
        ports={"postgres": port},
    )
    made = OwnPostgres(home, platform)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        homes.remove(home)
