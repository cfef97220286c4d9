"""Kafka Connect, distributed mode with one worker: rows come in from databases, exactly once."""

import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.java import java
from amml_deploy.platform.server import Command, is_well

WORKER = Path(__file__).with_name("connect-worker.properties")


@dataclass(frozen=True)
class Connect:
    """The Connect worker of a platform.

    Parameters:
        jars: of the worker itself.
        plugins: the jars of each plug-in that comes with the platform; a user's own lie in
            `<home>/plugins`, a folder for each.
        heap: megabytes at the most.
    """

    home: Home
    platform: Platform
    jars: Sequence[Path] = ()
    plugins: Mapping[str, Sequence[Path]] = field(default_factory=dict[str, Sequence[Path]])
    heap: int = 512

    name = "connect"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """Where its REST API listens."""
        return (self.platform.ports["connect"],)

    def prepare(self) -> None:
        """Lay out the plug-ins and write the properties."""
        self.home.secrets.mkdir(mode=0o700, exist_ok=True)
        self._own_plugins.mkdir(exist_ok=True)
        self._lay_out_plugins()
        self._properties.write_text(self._content(), encoding="utf-8")

    def command(self) -> Command:
        """The worker in a JVM."""
        main, file = "org.apache.kafka.connect.cli.ConnectDistributed", str(self._properties)
        environ = {
            "AMML_KAFKA": self.platform.kafka,
            "AMML_SECRETS": str(self.home.secrets),
            "AMML_CONNECT_LISTENER": self.platform.connect,
            "AMML_CONNECT_HOST": "127.0.0.1",
        }
        return Command(java(main, [file], self.jars, self.heap, self._config, busy=True), environ)

    def is_ready(self) -> bool:
        """Whether it has joined its group, so that it knows its connectors."""
        return is_well(f"{self.platform.connect}/connectors")

    @property
    def _config(self) -> Path:
        return self.home.config(self.name)

    @property
    def _properties(self) -> Path:
        return self._config / "worker.properties"

    @property
    def _plugins(self) -> Path:
        return self._config / "plugins"

    @property
    def _own_plugins(self) -> Path:
        return self.home.path / "plugins"

    def _content(self) -> str:
        given, folders = WORKER.read_text(encoding="utf-8"), [self._plugins, self._own_plugins]
        return f"{given}plugin.path={','.join(map(str, folders))}\n"  # the last one counts

    def _lay_out_plugins(self) -> None:
        """A folder of links for each: the worker loads what lies in a folder on its own."""
        shutil.rmtree(self._plugins, ignore_errors=True)
        for name, jars in self.plugins.items():
            folder = self._plugins / name
            folder.mkdir(parents=True)
            for jar in jars:
                (folder / jar.name).symlink_to(jar)


def want(home: Home) -> None:
    """From now on the platform has a worker."""
    home.config(Connect.name).mkdir(parents=True, exist_ok=True)


def is_wanted(home: Home) -> bool:
    """Whether the platform has a worker: once one was wanted, every start brings it up."""
    return home.config(Connect.name).is_dir()
