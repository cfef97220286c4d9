"""A board of its own for a test: its own topics, who is told on this machine, the real servers."""

import json
import os
import signal
import smtplib
import socketserver
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import Producer

from amml_deploy.platform.home import Platform
from amml_deploy.platform.ports import choose
from amml_runtime.admin import Admin, create_topics
from amml_runtime.spec import TopicSpec

DEADLINE = 90.0


@dataclass
class Hook:
    """A web server that takes notices, and refuses as many as it is told to."""

    url: str
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refuse: list[int] = field(default_factory=list[int])
    asked: int = 0


@pytest.fixture
def hook() -> Generator[Hook]:
    """A real web server on this machine."""
    found = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.asked += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            status = found.refuse.pop(0) if found.refuse else 204
            if status < 300:
                key = self.headers["idempotency-key"]
                read = json.loads(body)
                given = read if isinstance(read, list) else [read]
                found.taken.extend(each | {"idempotency": key} for each in given)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/hush"
    with _serving(server):
        yield found


@dataclass
class Post:
    """An SMTP server that takes mail, and refuses as much as it is told to."""

    url: str
    taken: list[str] = field(default_factory=list[str])
    refuse: list[int] = field(default_factory=list[int])


@pytest.fixture
def post() -> Generator[Post]:
    """A real SMTP server on this machine, as far as a sender sees."""
    found = Post("")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            for line in self.rfile:
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    found.taken.append(self.text())
                    self.say("250 kept")
                elif word == b"MAIL" and found.refuse:
                    self.say(f"{found.refuse.pop(0)} no")
                elif word == b"QUIT":
                    return self.say("221 bye")
                else:
                    self.say("250 yes")

        def text(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(lines).decode()

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}{smtplib.CRLF}".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    found.url = f"smtp://127.0.0.1:{server.server_address[1]}"
    with _serving(server):
        yield found


@contextmanager
def _serving(server: socketserver.BaseServer) -> Generator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Board:
    """A board, and what a test does with it."""

    platform: Platform
    folder: Path
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")
    port: int = field(default_factory=lambda: choose(1)[0])
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait for its page."""
        environ = os.environ | {
            "AMML_KAFKA": self.platform.kafka,
            "AMML_CONTROL": self.platform.control,
            "AMML_TOKEN_FILE": str(self.platform.home.token_file),
            "AMML_FOLDER": str(self.folder),
            "AMML_ALERTS_FILE": str(self.folder / "alerts.yaml"),
            "AMML_SECRETS": str(self.folder),
            "AMML_PORT": str(self.port),
            "AMML_PREFIX": self.prefix,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "amml_alert_board"], env=environ, stdout=log, stderr=log
            )
        self.until(self.answers)

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As `amml down` does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=5).ok
        except requests.ConnectionError:
            return False

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Ask it, with the token."""
        headers = {"Authorization": f"Bearer {self.platform.token}"}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **more)

    def control(self, method: str, path: str, **more: Any) -> Any:
        """Ask the control API."""
        headers = {"Authorization": f"Bearer {self.platform.token}"}
        url = self.platform.control + path
        answer = requests.request(method, url, headers=headers, timeout=30, **more)
        assert answer.ok, answer.text
        return answer.json()

    def alert(self, id: str, state: str = "firing", **more: Any) -> dict[str, Any]:
        """An alert of a workflow that no other test has; later ones have later times."""
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=time.monotonic())
        named = {"workflow": self.prefix, "step": "alert", "key": "hall", "severity": "critical"}
        said = {"value": 1.0, "message": "too <b>hot</b>", "row": "{}"}
        mine = {"id": f"{self.prefix}-{id}", "state": state, "time": moment.isoformat()}
        return named | said | mine | more

    def raised(self, *alerts: dict[str, Any], commit: bool = True) -> None:
        """Write alerts to their topic, in one transaction."""
        producer = Producer(
            {"bootstrap.servers": self.platform.kafka, "transactional.id": uuid.uuid4().hex}
        )
        producer.init_transactions()
        producer.begin_transaction()
        for each in alerts:
            producer.produce(f"{self.prefix}.alerts", json.dumps(each).encode(), each["key"])
        producer.flush()
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()

    def kept(self) -> dict[str, str]:
        """The states of this test's alerts, as the control API has them."""
        found = self.control("GET", f"/alerts?workflow={self.prefix}&limit=1000")
        return {each["id"].removeprefix(f"{self.prefix}-"): each["state"] for each in found}

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.05)


@pytest.fixture
def board_of() -> Generator[Callable[[Platform, Path], Board]]:
    """Makes boards of a platform; their topics of alerts are there, and they are not started."""
    made: list[Board] = []

    def make(platform: Platform, folder: Path) -> Board:
        board = Board(platform, folder)
        create_topics(platform.kafka, [TopicSpec(f"{board.prefix}.alerts", 2)])
        made.append(board)
        return board

    yield make
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.kill()
        admin = Admin(each.platform.kafka)  # its groups end by themselves
        admin.delete_topics(t.name for t in admin.list_topics() if t.name.startswith(each.prefix))


@pytest.fixture
def board(board_of: Callable[[Platform, Path], Board], platform: Platform, tmp_path: Path) -> Board:
    """A board of the shared platform."""
    return board_of(platform, tmp_path)
