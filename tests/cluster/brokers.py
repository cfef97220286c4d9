"""Three Kafka brokers, each in a JVM of its own, that a test may end, freeze and start again."""

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient, TopicMetadata  # type: ignore[attr-defined]

from amml_deploy.platform import jars, ports, processes, server
from amml_deploy.platform.home import Home
from amml_deploy.platform.kafka import Kafka, Node
from amml_deploy.platform.processes import Process
from amml_runtime import broker_protocol
from amml_runtime.broker_protocol import NO_TAGS, Answer, array, string

BROKERS = (1, 2, 3)
HEAP = 192
TRANSACTION_PARTITIONS = 4
_DESCRIBE_QUORUM = 55
_WHOLE_WITHIN = 60.0


@dataclass(frozen=True)
class Cluster:
    """A cluster whose brokers are controllers too; three copies of everything, two in sync."""

    home: Home
    nodes: Sequence[Node]
    jars: Sequence[Path]

    @classmethod
    def made(cls, folder: Path) -> "Cluster":
        """A new cluster that keeps all it has in a folder; nothing runs yet."""
        chosen = ports.choose(2 * len(BROKERS))
        nodes = [Node(*pair) for pair in zip(chosen[::2], chosen[1::2], strict=True)]
        found = jars.jars("kafka", jars.KAFKA, jars.cache_path(), lambda _: None)
        return cls(Home(folder), nodes, found)

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self, *numbers: int) -> None:
        """Start brokers and wait until each answers; alone, one of three waits for a second."""
        with ThreadPoolExecutor(len(BROKERS)) as pool:
            list(pool.map(self._start, numbers or BROKERS))

    def stop(self, number: int) -> None:
        """End a broker in good order: it hands over what it leads."""
        processes.stop([self.process(number)], 30.0)

    def kill(self, *numbers: int) -> None:
        """End brokers at once."""
        ended = [self.process(number) for number in numbers]
        for process in ended:
            process.signal(signal.SIGKILL)
        assert processes.wait(ended, 10)

    def freeze(self, number: int) -> None:
        """Let a broker do nothing, its connections open."""
        self.process(number).signal(signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let it go on."""
        self.process(number).signal(signal.SIGCONT)

    def mend(self) -> None:
        """Whatever was done to it: all brokers run, and every copy is in sync."""
        for process in map(self._find, BROKERS):
            if process is not None:
                process.signal(signal.SIGCONT)
        self.start()
        wait_until(self.is_whole, _WHOLE_WITHIN)

    def close(self) -> None:
        """Leave no process behind."""
        left = [process for process in map(self._find, BROKERS) if process is not None]
        for process in left:
            process.signal(signal.SIGKILL)
        processes.wait(left, 10)

    def process(self, number: int) -> Process:
        """A broker's process, which runs."""
        process = self._find(number)
        assert process is not None, f"broker {number} does not run"
        return process

    def leader(self, topic: str, partition: int = 0) -> int:
        """Which broker leads a partition."""
        return self._topic(topic).partitions[partition].leader

    def coordinator(self, transactional_id: str) -> int:
        """Which broker keeps the transactions of an id."""
        partition = (_java_hash(transactional_id) & 0x7FFFFFFF) % TRANSACTION_PARTITIONS
        return self.leader("__transaction_state", partition)

    def controller(self) -> int:
        """Which node leads the controllers' quorum."""
        partition = array([b"\0\0\0\0" + NO_TAGS])
        body = array([string("__cluster_metadata") + partition + NO_TAGS]) + NO_TAGS
        running = next(number for number in BROKERS if self._find(number) is not None)
        address = self.bootstrap.split(",")[running - 1]
        answer = broker_protocol.ask(address, _DESCRIBE_QUORUM, 0, body)
        assert answer.number("h") == 0
        [[leader]] = answer.array(lambda topic: (topic.string(), topic.array(_leader))[1])
        return leader

    def is_whole(self) -> bool:
        """Whether every partition of every topic has a leader and all its copies in sync."""
        topics = self._admin().list_topics(timeout=10).topics.values()
        places = [place for topic in topics for place in topic.partitions.values()]
        return all(p.leader > 0 and len(p.isrs) == len(p.replicas) for p in places)

    def _topic(self, name: str) -> "TopicMetadata":
        return self._admin().list_topics(name, timeout=10).topics[name]

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def _start(self, number: int) -> None:
        server.ensure(self._broker(number), self.home, lambda _part, _state: None)

    def _find(self, number: int) -> Process | None:
        return server.running(self._broker(number), self.home)

    def _broker(self, number: int) -> Kafka:
        return Kafka(self.home, self.nodes, self.jars, number, HEAP)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until `holds()` is true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {holds}"
        time.sleep(0.1)


def _leader(partition: Answer) -> int:
    """The leader of a partition in an answer of DescribeQuorum, read to its end."""
    _index, _error, leader, _epoch = (partition.number(form) for form in "ihii")
    partition.number("q")
    for _ in ("voters", "observers"):
        partition.array(lambda replica: (replica.number("i"), replica.number("q"), replica.tags()))
    partition.tags()
    return leader


def _java_hash(text: str) -> int:
    """Java's `String.hashCode`, unsigned.

    >>> _java_hash("abc")
    96354
    """
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value
