"""A worker that is busy, fails, is silent or speaks nonsense."""

import json
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias

import pytest

from amml_model_manager.connect import worker as connect_worker
from amml_model_manager.connect.worker import Worker
from amml_model_manager.errors import ApiError, Conflict, NotFound, Refused, Unavailable
from amml_model_manager.settings import Settings, SettingsError

Answers: TypeAlias = list[tuple[int, str]]
Start: TypeAlias = Callable[[Answers], Worker]

BUSY = "Cannot complete request momentarily due to stale configuration"
TAKEN = "Connector hall already exists"


def said(status: int, message: str) -> tuple[int, str]:
    return status, json.dumps({"error_code": status, "message": message})


@pytest.fixture
def worker() -> Generator[Start]:
    """A worker that gives these answers, and the last of them for ever."""
    left: Answers = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = left[0] if len(left) == 1 else left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        worker = Worker(f"http://127.0.0.1:{server.server_port}")

        def start(answers: Answers) -> Worker:
            left[:] = answers
            return worker

        yield start
        worker.close()
        server.shutdown()
        thread.join()


def test_a_busy_worker_is_asked_again(worker: Start) -> None:
    answers = [said(409, BUSY), said(409, BUSY), (200, '["hall"]')]
    assert worker(answers).get("/connectors") == ["hall"]


def test_a_worker_that_starts_is_asked_again(worker: Start) -> None:
    assert worker([(404, "<html>Not Found"), (404, ""), (200, "[]")]).get("/connectors") == []


def test_one_that_stays_busy_is_unavailable(worker: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_worker, "_PATIENCE", 0.1)
    with pytest.raises(Unavailable, match="busy: Cannot complete request momentarily"):
        worker([said(409, BUSY)]).get("/connectors")


def test_a_name_that_is_taken_is_no_reason_to_ask_again(worker: Start) -> None:
    with pytest.raises(Conflict, match="already exists"):
        worker([said(409, TAKEN), (200, "[]")]).get("/connectors")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(404, "Connector hall not found"), NotFound),
        (said(400, "Connector configuration is invalid"), Refused),
        (said(500, "Request timed out"), Unavailable),
        ((502, "<html>"), Unavailable),
        ((200, "<html>"), Unavailable),
    ],
)
def test_its_refusals_keep_their_meaning(
    worker: Start, answer: tuple[int, str], error: type[ApiError]
) -> None:
    with pytest.raises(error):
        worker([answer]).get("/connectors")


def test_an_answer_without_a_body_is_none(worker: Start) -> None:
    assert worker([(200, "")]).get("/connectors/hall/pause") is None


def test_what_is_missing_is_found_to_be_none(worker: Start) -> None:
    assert worker([said(404, "Connector hall not found")]).find("/connectors/hall") is None


def test_a_worker_that_is_not_there_is_unavailable_and_says_how_to_start_it() -> None:
    with pytest.raises(Unavailable) as caught:
        Worker("http://127.0.0.1:9").get("/connectors")
    assert caught.value.code == "worker_unavailable" and "amml up --connect" in caught.value.help


def test_an_address_with_a_password_is_told_without_it() -> None:
    with pytest.raises(Unavailable) as caught:
        Worker("http://ops:c4n4ry@127.0.0.1:9").get("/connectors")
    assert caught.value.message.endswith("answers at 127.0.0.1:9")
    settings = Settings("postgresql://x", "http://x", "t" * 32, connect="http://ops:c4n4ry@h")
    assert "c4n4ry" not in repr(settings)


def test_an_address_that_is_none_ends_the_start() -> None:
    with pytest.raises(SettingsError, match="AMML_CONNECT"):
        Settings("postgresql://x", "http://x", "t" * 32, connect="localhost:8083")
