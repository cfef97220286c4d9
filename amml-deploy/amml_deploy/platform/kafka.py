"""Apache Kafka in KRaft mode: each node is broker and controller in one process."""

import shutil
import signal
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.platform.home import Home, port_name
from amml_deploy.platform.java import java
from amml_deploy.platform.server import Command, run
from amml_runtime.broker_protocol import answers
from amml_runtime.kafka_security import Security

_PROPERTIES = """\
process.roles=broker,controller
node.id={number}
controller.quorum.bootstrap.servers={controllers}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
delete.topic.enable=true
# As many copies as there are nodes, up to three; a write is kept when all but one have it.
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
# Few partitions of Kafka's own, so that starting is quick.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
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
class Node:
    """Where one node listens: the port of clients and that of the controllers."""

    port: int
    controller: int


def nodes_of(ports: Mapping[str, int]) -> tuple[Node, ...]:
    """The nodes of a platform's cluster, by the names of their ports.

    >>> nodes_of({"kafka": 1, "kafka_controller": 2, "kafka_2": 3, "kafka_2_controller": 4})
    (Node(port=1, controller=2), Node(port=3, controller=4))
    """
    found: list[Node] = []
    while (name := port_name(len(found) + 1)) in ports:
        found.append(Node(ports[name], ports[f"{name}_controller"]))
    return tuple(found)


@dataclass(frozen=True)
class Kafka:
    """One node of a cluster.

    Parameters:
        nodes: all of the cluster.
        number: which of them this is, from 1 on.
        heap: megabytes at the most.
    """

    home: Home
    nodes: Sequence[Node]
    jars: Sequence[Path]
    number: int = 1
    heap: int = 400

    stop_signal = signal.SIGTERM

    @property
    def name(self) -> str:
        """`kafka`, and of the others `kafka-2` and so on."""
        return "kafka" if self.number == 1 else f"kafka-{self.number}"

    @property
    def node(self) -> Node:
        """Where it listens."""
        return self.nodes[self.number - 1]

    @property
    def ports(self) -> tuple[int, ...]:
        """The port of clients and that of the controllers."""
        return self.node.port, self.node.controller

    def prepare(self) -> None:
        """Write the properties and format the storage once."""
        self.home.config(self.name).mkdir(parents=True, exist_ok=True)
        data = self.home.data(self.name)
        if not data.exists():
            self._format(data)
        self._properties.write_text(self._content(data), encoding="utf-8")

    def command(self) -> Command:
        """The node in a JVM."""
        return Command(self._java("kafka.Kafka", [str(self._properties)], busy=True))

    def is_ready(self) -> bool:
        """Whether the broker answers which requests it knows."""
        return answers(f"127.0.0.1:{self.node.port}", seconds=2, access=Security())

    def id_of(self, number: int) -> str:
        """The id of a node's folder, or (0) of the cluster: every node has to know them all."""
        made = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.home.path.as_uri()}#{number}")
        return urlsafe_b64encode(made.bytes).rstrip(b"=").decode()

    @property
    def _properties(self) -> Path:
        return self.home.config(self.name) / "server.properties"

    def _content(self, data: Path) -> str:
        copies = min(3, len(self.nodes))
        return _PROPERTIES.format(
            number=self.number,
            port=self.node.port,
            controller=self.node.controller,
            controllers=",".join(f"127.0.0.1:{node.controller}" for node in self.nodes),
            data=data,
            copies=copies,
            in_sync=max(1, copies - 1),
        )

    def _format(self, data: Path) -> None:
        """Format a folder beside the real one, then rename it: it is whole or not there."""
        new = data.with_name(data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        self._properties.write_text(self._content(new), encoding="utf-8")
        arguments = ["format", f"--initial-controllers={self._controllers()}"]
        # One word, as an id that begins with "-" would be taken for an option.
        arguments += [f"--cluster-id={self.id_of(0)}", "-c", str(self._properties)]
        run(self._java("kafka.tools.StorageTool", arguments), self.name)
        new.rename(data)

    def _controllers(self) -> str:
        return ",".join(
            f"{number}@127.0.0.1:{node.controller}:{self.id_of(number)}"
            for number, node in enumerate(self.nodes, 1)
        )

    def _java(self, main: str, arguments: Sequence[str], busy: bool = False) -> list[str]:
        return java(main, arguments, self.jars, self.heap, self.home.config(self.name), busy)
