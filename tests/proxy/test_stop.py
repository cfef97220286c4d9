"""A stop is heard whatever the process is waiting for: it has ten seconds."""

import socket

import pytest

from .frames import INIT_PRODUCER_ID
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
