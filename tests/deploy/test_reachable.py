"""Whether a broker is there: frozen ones take connections, and answer nothing."""

import signal

from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.reachable import broker_trouble, check_broker


def test_a_broker_that_answers_is_no_trouble(platform: Platform) -> None:
    assert broker_trouble(platform.kafka) == ""
    assert broker_trouble(f"127.0.0.1:1,{platform.kafka}") == ""  # one of them is enough


def test_a_frozen_broker_is_noticed(own_platform: Platform) -> None:
    broker = processes.find(own_platform.home.pid_file("kafka"))
    assert broker is not None
    broker.signal(signal.SIGSTOP)
    try:
        check_broker(own_platform.kafka)  # it seems to be there
        assert (
            broker_trouble(own_platform.kafka) == f"Kafka at {own_platform.kafka} does not answer"
        )
    finally:
        broker.signal(signal.SIGCONT)
    assert broker_trouble(own_platform.kafka) == ""
