"""Apache Kafka: one KRaft node, broker and controller in one process."""

import shutil
import signal
import socket
import struct
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.java import java
from amml_deploy.platform.server import Command, run

_HEAP = 400

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
delete.topic.enable=true
# One node: every internal topic has one copy, and few partitions, so that starting is quick.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# After a kill the node may register anew when its earlier session is over (9 s by default).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
# Two cores and a small disk.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.segment.delete.delay.ms=1000
"""


@dataclass(frozen=True)
class Kafka:
    """The broker of a platform."""

    home: Home
    platform: Platform
    jars: Sequence[Path]

    name = "kafka"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """The port of clients and that of the controller."""
        return self.platform.ports["kafka"], self.platform.ports["kafka_controller"]

    def prepare(self) -> None:
        """Write the properties and format the storage once."""
        self.home.config(self.name).mkdir(parents=True, exist_ok=True)
        data = self.home.data(self.name)
        if not data.exists():
            self._format(data)
        self._properties.write_text(self._content(data), encoding="utf-8")

    def command(self) -> Command:
        """The broker in a JVM."""
        return Command(self._java("kafka.Kafka", [str(self._properties)]))

    def is_ready(self) -> bool:
        """Whether the broker answers which requests it knows."""
        port, _ = self.ports
        request = struct.pack(">ihhih", 10, 18, 0, 1, -1)  # ApiVersions, version 0, no client id
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(request)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    @property
    def _properties(self) -> Path:
        return self.home.config(self.name) / "server.properties"

    def _content(self, data: Path) -> str:
        port, controller = self.ports
        return _PROPERTIES.format(port=port, controller=controller, data=data)

    def _format(self, data: Path) -> None:
        """Format a folder beside the real one, then rename it: it is whole or not there."""
        new = data.with_name(data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        self._properties.write_text(self._content(new), encoding="utf-8")
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        arguments = ["format", "--standalone", "-t", cluster, "-c", str(self._properties)]
        run(self._java("kafka.tools.StorageTool", arguments), self.name)
        new.rename(data)

    def _java(self, main: str, arguments: Sequence[str]) -> list[str]:
        return java(main, arguments, self.jars, _HEAP, self.home.config(self.name))
