"""The real process: how it starts, what it waits for, how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import requests

from amml_model_manager.settings import Settings

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def start(settings: Settings, token_file: Path, port: int, tmp_path: Path) -> Generator[Start]:
    """Start the service with some variables changed; its log is `tmp_path / "log"`."""
    started: list[subprocess.Popen[str]] = []

    def begin(**changes: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AMML_DATABASE": settings.database,
            "AMML_HDFS": settings.hdfs,
            "AMML_HDFS_ROOT": settings.hdfs_root,
            "AMML_TOKEN_FILE": str(token_file),
            "AMML_PORT": str(port),
        } | changes
        with (tmp_path / "log").open("w") as log:
            command = [sys.executable, "-m", "amml_model_manager"]
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_for(port: int, status: str, seconds: float = 20) -> None:
    """Poll /health until it says so."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
            if answer.json()["status"] == status:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"not {status} within {seconds} s")


def test_it_gets_ready_and_ends_when_told(start: Start, port: int, tmp_path: Path) -> None:
    process = start()
    wait_for(port, "ok")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "ready" in log
    assert "a-token-for-tests-only" not in log


def test_it_waits_for_a_database_that_is_not_there_yet(
    start: Start, port: int, settings: Settings, token_file: Path, tmp_path: Path
) -> None:
    parts = urlsplit(settings.database)
    name = parts.path.replace("/test", "later")
    late = urlunsplit(parts._replace(path=f"/{name}"))
    process = start(AMML_DATABASE=late)
    wait_for(port, "no_database")
    headers = {"Authorization": f"Bearer {token_file.read_text(encoding='ascii').strip()}"}
    url = f"http://127.0.0.1:{port}/sources"
    answer = requests.get(url, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
    assert "PostgreSQL at" in (tmp_path / "log").read_text(encoding="utf-8")
    connection = psycopg2.connect(settings.database)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            wait_for(port, "ok")
            assert requests.get(url, headers=headers, timeout=10).json() == []
            process.terminate()
            process.wait(10)
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        connection.close()


def test_it_answers_without_hdfs_and_says_so(start: Start, port: int, token_file: Path) -> None:
    start(AMML_HDFS="http://127.0.0.1:1")
    wait_for(port, "no_hdfs")
    headers = {"Authorization": f"Bearer {token_file.read_text(encoding='ascii').strip()}"}
    base = f"http://127.0.0.1:{port}"
    assert requests.get(f"{base}/workflows", headers=headers, timeout=10).status_code == 200
    answer = requests.get(f"{base}/files/{'0' * 64}", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "hdfs_unavailable")
    assert requests.get(f"{base}/doctor", headers=headers, timeout=30).json()["hdfs"] == {
        "reachable": False,
        "problem": "HDFS at http://127.0.0.1:1 does not answer",
    }


def test_a_long_poll_does_not_hold_up_the_end(start: Start, port: int, token_file: Path) -> None:
    process = start()
    wait_for(port, "ok")
    headers = {"Authorization": f"Bearer {token_file.read_text(encoding='ascii').strip()}"}
    url = f"http://127.0.0.1:{port}/desired?after=0&wait=30"
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(requests.get, url, headers=headers, timeout=40)
        time.sleep(0.5)
        begun = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 3
        assert poll.result().json() == {"sequence": 0, "workflows": []}


def test_a_taken_port_ends_it(start: Start, port: int, tmp_path: Path) -> None:
    start()
    wait_for(port, "ok")
    (tmp_path / "log").unlink()
    assert start().wait(10) != 0
    assert "address already in use" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AMML_TOKEN_FILE": ""}, "AMML_TOKEN_FILE is not set"),
        ({"AMML_TOKEN_FILE": "/dev/null"}, "expected a token of 32 characters or more"),
        ({"AMML_TOKEN_FILE": "/dev/null", "AMML_HOST": "0.0.0.0"}, "to listen on 0.0.0.0"),
        ({"AMML_DATABASE": ""}, "AMML_DATABASE is not set"),
        ({"AMML_PORT": "http"}, "AMML_PORT: expected 0..65535, found 'http'"),
    ],
)
def test_a_wrong_setting_ends_it_with_one_line(
    start: Start, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    assert start(**changes).wait(10) == 1
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert message in log
    assert log.count("\n") == 1
