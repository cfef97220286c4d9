"""A broker that the tests may freeze, proxies of it, and steps that run through them."""

from collections.abc import Generator
from pathlib import Path

import pytest

from amml_deploy.platform import home as homes
from amml_deploy.platform import jars, ports, processes, server
from amml_deploy.platform.kafka import Kafka, Node

from .broker import Broker
from .kafka_proxy import KafkaProxy
from .steps import Steps


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Broker]:
    """A real broker that no other test uses."""
    home = homes.prepare(tmp_path_factory.mktemp("broker"))
    node = Node(*ports.choose(2))
    kafka = Kafka(home, [node], jars.jars("kafka", jars.KAFKA, jars.cache_path(), _silent))
    server.ensure(kafka, home, lambda _name, _state: None)
    process = server.running(kafka, home)
    assert process is not None
    try:
        yield Broker(node.port, process)
    finally:
        processes.stop([process], 20.0)
        homes.remove(home)


@pytest.fixture
def proxy(broker: Broker) -> Generator[KafkaProxy]:
    """A proxy of the broker."""
    made = KafkaProxy(broker.port)
    yield made
    made.close()


@pytest.fixture
def freezable(broker: Broker) -> Generator[Broker]:
    """The broker, thawed at the end, and waited for until it does again what it is asked."""
    yield broker
    broker.thaw()
    broker.until_it_serves()


@pytest.fixture
def steps(broker: Broker, tmp_path: Path) -> Generator[Steps]:
    """A workflow whose steps the test starts."""
    made = Steps(broker.address, tmp_path)
    yield made
    made.stop()


def _silent(_what: str) -> None:
    """Jars that are there already need no word."""
