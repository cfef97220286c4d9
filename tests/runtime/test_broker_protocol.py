"""A broker that answers, and others that do not, or not in Kafka's protocol."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Generator
from typing import TypeAlias

import pytest

from amml_deploy.platform.home import Platform
from amml_runtime import broker_protocol
from amml_runtime.broker_protocol import LIST_TRANSACTIONS, answers
from amml_runtime.errors import AccessDenied, Unavailable
from amml_runtime.kafka_security import Security
from amml_runtime.open_transactions import open_transactions

Serve: TypeAlias = Callable[[bytes | None], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Generator[Serve]:
    """A server that gives every request the same answer, or none; its address."""
    monkeypatch.setattr(broker_protocol, "_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    done = threading.Event()

    def answer(content: bytes | None) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            if content is None:
                done.wait(10)
            else:
                connection.sendall(content)

    def start(content: bytes | None) -> str:
        threads.append(threading.Thread(target=answer, args=(content,)))
        threads[0].start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    done.set()
    for thread in threads:
        thread.join()
    listener.close()


def framed(content: bytes) -> bytes:
    """An answer as a broker sends it: its length, the request's number, no tags."""
    content = struct.pack(">i", 1) + b"\0" + content
    return struct.pack(">i", len(content)) + content


@pytest.mark.platform
def test_a_broker_lists_its_transactions(platform: Platform) -> None:
    assert answers(platform.kafka)
    assert isinstance(open_transactions([platform.kafka]), list)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not answer plainly: timed out"),
        (b"", "it closed the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "an answer of 1213486160 bytes"),
        (framed(struct.pack(">ih", 0, 31)), "does not list transactions: error 31"),
        (framed(struct.pack(">ih", 0, 0)), "ends too early"),
        (framed(struct.pack(">ih", 0, 0) + b"\1\x05"), "ends too early"),
    ],
)
def test_what_is_no_answer_is_unavailable(serve: Serve, content: bytes | None, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        open_transactions([serve(content)])


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="refused"):
        broker_protocol.ask("127.0.0.1:1", LIST_TRANSACTIONS, 0, b"")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", AccessDenied),
        ("TLSV1_ALERT_UNKNOWN_CA", AccessDenied),
        ("TLSV1_ALERT_INTERNAL_ERROR", Unavailable),
        ("UNEXPECTED_EOF_WHILE_READING", Unavailable),
    ],
)
def test_only_a_refused_certificate_is_final(reason: str, expected: type[Exception]) -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    found = broker_protocol.explained(error, "k:9092", Security("SSL"))
    assert type(found) is expected and "k:9092" in str(found)
