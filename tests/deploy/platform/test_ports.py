"""Ports are free, different, and nobody else's choice."""

import random
import socket

from amml_deploy.platform import ports


def test_a_seeded_generator_does_not_choose_the_ports() -> None:
    state = random.getstate()
    try:
        random.seed(0)
        first = ports.choose(9)
        random.seed(0)
        assert ports.choose(9) != first
    finally:
        random.setstate(state)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])
        assert ports.answers(server.getsockname()[1])


def test_all_ports_are_different() -> None:
    assert len(set(ports.choose(500))) == 500
