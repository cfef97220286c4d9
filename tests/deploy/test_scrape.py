import socket
import threading
from collections.abc import Callable, Generator
from wsgiref.simple_server import WSGIServer

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from amml_deploy.scrape import Figures, scrape


@pytest.fixture
def step_port() -> Generator[Callable[[int], int]]:
    """Serve a step's figures, with so many rows in, on a port of its own."""
    running: list[tuple[WSGIServer, threading.Thread]] = []

    def serve(rows: int) -> int:
        registry = CollectorRegistry()
        Counter("amml_rows_in", "rows", ["task"], registry=registry).labels("0").inc(rows)
        Gauge("amml_lag_records", "lag", registry=registry).set(5)
        commits = Histogram("amml_commit_seconds", "commit", registry=registry)
        commits.observe(0.01)
        commits.observe(0.03)
        running.append(start_http_server(0, "127.0.0.1", registry))
        return running[-1][0].server_port

    yield serve
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_figures_of_all_slots_are_added_up(step_port: Callable[[int], int]) -> None:
    figures = Figures.of(scrape([step_port(3), step_port(4)]).values())
    assert figures is not None
    assert (figures.rows_in, figures.rows_out, figures.lag_records) == (7, 0, 10)
    assert figures.commit_ms == pytest.approx(20)


def test_a_port_where_nobody_listens_is_left_out() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert scrape([port]) == {}
    assert Figures.of(scrape([port]).values()) is None
