"""A control API of which no scheduler knows but those of a test."""

import os
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import uvicorn

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_deploy.scheduler import scheduler as module
from amml_deploy.scheduler.running import Pace
from amml_deploy.scheduler.scheduler import Scheduler
from amml_model_manager.app import create_app
from amml_model_manager.settings import Settings


@dataclass(frozen=True)
class Api:
    """The control API: where it is, its token, and its database."""

    url: str
    token: str
    database: str


@dataclass
class Rig:
    """Schedules, and schedulers that a test starts."""

    api: Api
    control: Control
    environ: Mapping[str, str]
    said: list[str] = field(default_factory=list[str])
    started: list[Scheduler] = field(default_factory=list[Scheduler])

    def add(self, name: str, line: str, **body: Any) -> None:
        """An hourly schedule, unless the body says otherwise."""
        rule = {} if "cron" in body else {"every_ms": 3_600_000}
        self.control.put(f"/schedules/{name}", {"run": line} | rule | body)

    def now(self, name: str) -> None:
        """Want a run now."""
        self.control.post(f"/schedules/{name}/now")

    def age(self, name: str, back: str) -> None:
        """Let a schedule have been made some time ago, with nothing done since."""
        then = f"now() - interval '{back}'"
        where = f"WHERE name = '{name}'"
        _execute(self.api.database, f"UPDATE schedule SET anchor = {then}, last = {then} {where}")

    def end_leases(self) -> None:
        """Let the leases of all runs be over."""
        _execute(self.api.database, "UPDATE schedule_run SET leased = now()")

    def runs(self, name: str) -> list[dict[str, Any]]:
        """The runs, oldest first."""
        return self.control.get(f"/schedules/{name}")["runs"][::-1]

    def states(self, name: str) -> list[str]:
        """How the runs are, oldest first."""
        return [run["state"] for run in self.runs(name)]

    def scheduler(self, lease: float = 30.0) -> Scheduler:
        """Start a scheduler."""
        control = Control(self.api.url, self.api.token)
        scheduler = Scheduler(control, self.environ, self.said.append, Pace(lease))
        scheduler.start()
        self.started.append(scheduler)
        return scheduler

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until `holds()`."""
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, self.said
            time.sleep(0.02)


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def scheduling_api(platform: Platform) -> Generator[Api]:
    """A control API in a thread, with a database of its own."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(platform.database, f"CREATE DATABASE {name}")
    database = urlunsplit(urlsplit(platform.database)._replace(path=f"/{name}"))
    settings = Settings(database, platform.webhdfs, platform.token, port=0)
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Api(f"http://127.0.0.1:{port}", platform.token, database)
    server.should_exit = True
    thread.join()
    _execute(platform.database, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def rig(
    scheduling_api: Api, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[Rig]:
    """Schedulers that look often; a test's schedules are gone at its end."""
    monkeypatch.setattr(module, "_LOOK", 0.05)
    monkeypatch.setattr(module, "_SOON", 0.02)
    environ = os.environ | {
        "AMML_HOME": str(tmp_path),
        "AMML_CONTROL": scheduling_api.url,
        "AMML_TOKEN_FILE": str(platform.home.token_file),
    }
    with Control(scheduling_api.url, scheduling_api.token) as control:
        rig = Rig(scheduling_api, control, environ)
        yield rig
        for scheduler in rig.started:
            scheduler.ask_to_stop()
        for scheduler in rig.started:
            scheduler.join()
    _execute(scheduling_api.database, "DELETE FROM schedule")
