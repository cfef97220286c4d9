"""`mqtt`: what becomes of messages, and none of them lost between broker and topic."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from paho.mqtt.publish import multiple

from amml_deploy.platform import ports
from amml_ingress._shared.subscriber import Message, Subscriber
from amml_ingress.mqtt import Mqtt
from amml_runtime.component import Portion
from amml_runtime.errors import Unavailable, WorkflowFault
from amml_runtime.secrets import Secrets

DEADLINE = 20.0


class Held:
    """A broker that has these messages."""

    def __init__(self, *payloads: bytes) -> None:
        self._messages = [Message("hall/1/co2", payload, 1000) for payload in payloads]
        self.confirmed: list[int] = []

    def open(self, *_: Any, **__: Any) -> None:
        """There is nothing to open."""

    def take(self, most: int) -> list[Message]:
        """All at once, then none."""
        taken, self._messages = self._messages, []
        return taken

    def confirm(self, position: int) -> None:
        """Write it down."""
        self.confirmed.append(position)


def first_portion(*payloads: bytes) -> Portion:
    return next(Mqtt("mqtt://localhost", "hall/#", broker=Held(*payloads)).read(None))


def test_an_object_becomes_columns_and_a_bare_value_becomes_value() -> None:
    batch, position, refused = first_portion(b'{"co2": 412, "ok": true}', b" 21.5", b'"warm"')
    assert [(row.get("co2"), row.get("value")) for row in batch.to_rows()] == [
        (412.0, None),
        (None, "21.5"),
        (None, "warm"),
    ]
    assert [row["_key"] for row in batch.to_rows()] == ["hall/1/co2"] * 3
    assert (position, refused) == (3, ())


def test_a_bare_value_cannot_name_columns() -> None:
    _, position, refused = first_portion(b'1, "_key": "x"')
    assert (position, len(refused)) == (1, 1)


def test_what_is_no_json_is_refused_with_its_text() -> None:
    _, position, [refusal] = first_portion(b"\xff{", b"1")
    assert refusal.rows.column("message").to_pylist() == ["\ufffd{"]
    assert refusal.reason.startswith("not JSON")
    assert position == 2


def test_a_message_is_confirmed_when_its_row_is_kept() -> None:
    broker = Held(b"1", b"2")
    source = Mqtt("mqtt://localhost", "#", broker=broker)
    portions = source.read(5)
    assert next(portions).position == 7
    assert broker.confirmed == []
    source.kept(7)
    assert broker.confirmed == [7]


@pytest.mark.parametrize(
    ("url", "topic", "said"),
    [
        ("http://broker", "#", "one is mqtt://127.0.0.1:1883"),
        ("mqtt://", "#", "one is mqtt://127.0.0.1:1883"),
        ("mqtt://u:hunter2@broker", "#", "holds a password"),
        ("mqtt://broker", "", "one is sensors/#"),
    ],
)
def test_a_wrong_argument_is_refused(url: str, topic: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Mqtt(url, topic, broker=Held())
    assert "hunter2" not in str(caught.value) or said == "holds a password"


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    """A real broker on loopback."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not there: install the package of that name")
    [port] = ports.choose(1)
    process = subprocess.Popen([program, "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: ports.answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(DEADLINE)


Subscribe = Callable[[int], Subscriber]


@pytest.fixture
def subscribe(port: int, request: pytest.FixtureRequest) -> Generator[Subscribe]:
    """Makes processes of one step, each as far as the one before it had committed."""
    name = request.node.originalname
    spec: Any = SimpleNamespace(name=f"amml.test.{name}")
    made: list[Subscriber] = []

    def make(position: int) -> Subscriber:
        for each in made:
            each.drop()
        made.append(Subscriber(spec, Secrets(None)))
        made[-1].open(f"mqtt://127.0.0.1:{port}", f"{name}/#", "", None, position)
        return made[-1]

    yield make
    made[-1].drop()


def publish(port: int, topic: str, *payloads: str) -> None:
    messages: list[Any] = [{"topic": topic, "payload": each, "qos": 1} for each in payloads]
    multiple(messages, "127.0.0.1", port)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def taken(subscriber: Subscriber, count: int) -> list[bytes]:
    """So many payloads, as they come."""
    found: list[bytes] = []

    def enough() -> bool:
        found.extend(each.payload for each in subscriber.take(10))
        return len(found) >= count

    wait_until(enough)
    return found


def test_what_was_not_confirmed_comes_again_to_the_next_process(
    subscribe: Subscribe, port: int, request: pytest.FixtureRequest
) -> None:
    first = subscribe(0)
    publish(port, f"{request.node.originalname}/1", "1", "2", "3")
    assert taken(first, 3) == [b"1", b"2", b"3"]
    first.confirm(1)
    second = subscribe(1)  # the first is gone as if it were killed
    assert sorted(taken(second, 2)) == [b"2", b"3"]


def test_what_arrives_while_the_step_is_away_is_kept_for_it(
    subscribe: Subscribe, port: int, request: pytest.FixtureRequest
) -> None:
    subscribe(0).drop()
    publish(port, f"{request.node.originalname}/1", "9")
    assert taken(subscribe(0), 1) == [b"9"]


def test_after_an_abort_the_same_messages_come_first(
    subscribe: Subscribe, port: int, request: pytest.FixtureRequest
) -> None:
    subscriber = subscribe(0)
    publish(port, f"{request.node.originalname}/1", "1", "2")
    assert taken(subscriber, 2) == [b"1", b"2"]
    subscriber.open("", "", "", None, 0)
    assert taken(subscriber, 2) == [b"1", b"2"]


def test_a_broker_that_is_not_there_is_a_reason_to_try_again() -> None:
    [port] = ports.choose(1)
    spec: Any = SimpleNamespace(name="amml.test.nobody")
    with pytest.raises(Unavailable, match=f"MQTT broker mqtt://127.0.0.1:{port}: "):
        Subscriber(spec, Secrets(None)).open(f"mqtt://127.0.0.1:{port}", "#", "", None, 0)


def test_a_secret_that_is_not_there_is_the_workflows_fault(tmp_path: Path) -> None:
    spec: Any = SimpleNamespace(name="amml.test.secret")
    with pytest.raises(WorkflowFault, match="there is no secret `broker`"):
        Subscriber(spec, Secrets(tmp_path)).open("mqtt://127.0.0.1", "#", "u", "broker", 0)
