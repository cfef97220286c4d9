"""Where a step's figures are served."""

import socket
import urllib.error
import urllib.request

import pytest

from amml_runtime.metrics import Metrics
from amml_runtime.settings import Settings
from amml_runtime.spec import StepSpec


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize(("host", "reachable"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_only_a_container_answers_beyond_loopback(host: str, reachable: bool) -> None:
    port = _free_port()
    Metrics().serve(port, host)
    assert _answers("127.0.0.1", port)
    assert _answers("127.0.0.2", port) == reachable  # stands for any other address of the machine


def test_figures_stay_on_loopback_unless_told_otherwise() -> None:
    least = {"AMML_SPEC": "s.json", "AMML_KAFKA": "kafka:9092"}
    assert Settings.from_env(least).metrics_host == "127.0.0.1"
    assert Settings.from_env(least | {"AMML_METRICS_HOST": "0.0.0.0"}).metrics_host == "0.0.0.0"


def test_figures_say_whose_they_are() -> None:
    metrics, port = Metrics(), _free_port()
    metrics.tell_of(StepSpec("amml", "hot", 3, "filter", "process", "m:Filter", "i"), 1)
    metrics.serve(port)
    labels = 'run="3",slot="1",step="filter",workflow="hot"'
    assert f"amml_step_info{{{labels}}} 1.0" in _text("127.0.0.1", port)


def _text(host: str, port: int) -> str:
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def _answers(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=5) as answer:
            return b"amml_rows_in" in answer.read()
    except urllib.error.URLError:
        return False
