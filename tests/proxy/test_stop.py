"""A stop is heard whatever the process is waiting for: it has ten seconds."""

import socket

import pytest

from .broker import Broker
from .frames import INIT_PRODUCER_ID, OFFSET_COMMIT
from .kafka_proxy import Hold, KafkaProxy
from .steps import MEAN, Steps

pytestmark = pytest.mark.kafka

SECONDS = 10


def test_while_kafka_does_not_answer_at_all(steps: Steps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        steps.start(MEAN, through=f"127.0.0.1:{silent.getsockname()[1]}", patient=True)
        connection, _ = silent.accept()
        steps.process(MEAN).terminate()
        assert steps.process(MEAN).wait(SECONDS) == 0
        connection.close()
    assert steps.log(MEAN) == "mean_std: stopped\n"


def test_while_it_waits_for_its_predecessor_to_be_shut_out(steps: Steps, proxy: KafkaProxy) -> None:
    """Seen: it went on for 150 seconds."""
    held = proxy.hold(Hold(INIT_PRODUCER_ID, stall=True))
    steps.start(MEAN, through=proxy.address, patient=True)
    steps.until(held.taken.is_set)
    steps.process(MEAN).terminate()
    assert steps.process(MEAN).wait(SECONDS) == 0
    assert steps.log(MEAN) == "mean_std: stopped\n"


def test_when_the_broker_is_gone(steps: Steps, broker: Broker) -> None:
    """Seen: closing the consumer waited for offsets to arrive, for more than a minute."""
    proxy = KafkaProxy(broker.port)
    steps.run(through=proxy.address, patient=True)
    steps.until(lambda: proxy.seen[OFFSET_COMMIT] > 1)
    proxy.close()
    steps.process(MEAN).terminate()
    steps.process(MEAN).wait(SECONDS)
