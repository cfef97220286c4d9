"""Kafka Connect, distributed mode with one worker: rows come in from databases, exactly once."""

import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.java import java
from amml_deploy.platform.server import Command

_PROPERTIES = """\
bootstrap.servers={kafka}
group.id=amml-connect
listeners=http://127.0.0.1:{port}
rest.advertised.host.name=127.0.0.1
plugin.path={plugins},{own}
exactly.once.source.support=enabled
# No connector may choose the settings of Kafka's clients (CVE-2023-25194, CVE-2025-27817).
connector.client.config.override.policy=None
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=true
value.converter.schemas.enable=true
config.providers=secret
config.providers.secret.class=amml.connect.SecretConfigProvider
config.providers.secret.param.folder={secrets}
# What the worker keeps; in names that no workflow can write to.
config.storage.topic=__amml_connect_configs
offset.storage.topic=__amml_connect_offsets
status.storage.topic=__amml_connect_status
config.storage.replication.factor=-1
offset.storage.replication.factor=-1
status.storage.replication.factor=-1
offset.storage.partitions=4
status.storage.partitions=1
# One worker: there is nobody to wait for, and after a kill the tasks go on at once.
scheduled.rebalance.max.delay.ms=0
session.timeout.ms=6000
heartbeat.interval.ms=2000
rebalance.timeout.ms=10000
"""


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
        main, config = "org.apache.kafka.connect.cli.ConnectDistributed", self._config
        return Command(java(main, [str(self._properties)], self.jars, self.heap, config, busy=True))

    def is_ready(self) -> bool:
        """Whether it has joined its group, so that it knows its connectors."""
        with requests.Session() as session:
            session.trust_env = False  # a proxy between here and loopback helps nobody
            try:
                return session.get(f"{self.platform.connect}/connectors", timeout=5).ok
            except requests.RequestException:
                return False

    @property
    def _config(self) -> Path:
        return self.home.config(self.name)

    @property
    def _properties(self) -> Path:
        return self._config / "worker.properties"

    @property
    def _own_plugins(self) -> Path:
        return self.home.path / "plugins"

    def _content(self) -> str:
        return _PROPERTIES.format(
            kafka=self.platform.kafka,
            port=self.ports[0],
            plugins=self._config / "plugins",
            own=self._own_plugins,
            secrets=self.home.secrets,
        )

    def _lay_out_plugins(self) -> None:
        """A folder of links for each: the worker loads what lies in a folder on its own."""
        shutil.rmtree(self._config / "plugins", ignore_errors=True)
        for name, jars in self.plugins.items():
            folder = self._config / "plugins" / name
            folder.mkdir(parents=True)
            for jar in jars:
                (folder / jar.name).symlink_to(jar)


def want(home: Home) -> None:
    """From now on the platform has a worker."""
    home.config(Connect.name).mkdir(parents=True, exist_ok=True)


def is_wanted(home: Home) -> bool:
    """Whether the platform has a worker: once one was wanted, every start brings it up."""
    return home.config(Connect.name).is_dir()
