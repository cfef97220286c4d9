"""The scenario of the Kyung Hee slides: views, registered over REST, to alerts that are tailed."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from signal import SIGKILL
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up

from .mariadb import MariaDb

pytestmark = [pytest.mark.platform, pytest.mark.long]

DEADLINE = 120.0
VIEW = "SENSOR_DATA_VIEW"
TABLE = """CREATE TABLE {name} (position varchar(40) NOT NULL, type_name varchar(40) NOT NULL,
    input_data double precision, event_time {time} NOT NULL DEFAULT {now})"""
SHOWN = "CREATE VIEW {view} AS SELECT position, type_name, input_data, event_time FROM {name}"


@dataclass(frozen=True)
class Hall:
    """A database with the slides' view, and the name of everything that is made of it."""

    run: Callable[[str], object]
    url: str
    user: str
    password: str = field(repr=False)
    time: str
    now: str
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    def begin(self) -> None:
        """Make the table, the view, and two rows."""
        self.run(TABLE.format(name=self.name, time=self.time, now=self.now))
        self.run(SHOWN.format(name=self.name, view=VIEW))
        self.measure(900, 1200)

    def measure(self, *values: float) -> None:
        """New rows, from two sensors."""
        for number, value in enumerate(values):
            self.run(
                f"INSERT INTO {self.name} (position, type_name, input_data) "
                f"VALUES ('room {number % 2}', 'co2', {value})"
            )

    def end(self) -> None:
        """Leave nothing behind."""
        self.run(f"DROP VIEW {VIEW}")
        self.run(f"DROP TABLE {self.name}")

    def body(self) -> dict[str, Any]:
        """What the slides send, with a password in plain and a class that is not here."""
        return {
            "name": self.name,
            "config": {
                "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
                "tasks.max": "1",
                "connection.url": self.url,
                "connection.user": self.user,
                "connection.password": self.password,
                "mode": "timestamp",
                "timestamp.column.name": "event_time",
                "table.whitelist": VIEW,
                "table.types": "VIEW",
                "poll.interval.ms": "10000",
                "topic.prefix": f"{self.name}.",
            },
        }


@pytest.fixture
def halls(platform: Platform, mariadb: MariaDb) -> Generator[list[Hall]]:
    """A view in PostgreSQL and one in MariaDB."""
    connection = psycopg2.connect(platform.database)
    connection.autocommit = True
    url = urlsplit(platform.database)
    where = f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}"
    now = "(clock_timestamp() AT TIME ZONE 'utc')"
    run = connection.cursor().execute
    mysql = mariadb.jdbc.replace("jdbc:mariadb:", "jdbc:mysql:")
    made = [
        Hall(run, where, url.username or "", url.password or "", "timestamp", now),
        Hall(mariadb.run, mysql, mariadb.user, mariadb.password, "datetime(6)", "utc_timestamp(6)"),
    ]
    for each in made:
        each.begin()
    yield made
    for each in made:
        each.end()
    connection.close()


@dataclass(frozen=True)
class Site:
    """The platform as somebody with curl and `amml` sees it."""

    platform: Platform

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """What the control API answers."""
        token = {"Authorization": f"Bearer {self.platform.token}"}
        url = f"{self.platform.control}{path}"
        answer = requests.request(method, url, json=body, headers=token, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def amml(self, *words: str) -> str:
        """What a command prints."""
        environ = {"AMML_HOME": str(self.platform.home.path)}
        command = [sys.executable, "-m", "amml_deploy", *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def alerts(self, workflow: str) -> list[float]:
        """The values that were alerted, as `amml tail` shows them."""
        shown = self.amml("tail", "alerts", workflow, "--no-follow", "--output", "json")
        rows = [json.loads(json.loads(line)["row"]) for line in shown.splitlines()]
        return sorted(row["input_data"] for row in rows)

    def kill_worker(self) -> None:
        """At once."""
        process = processes.find(self.platform.home.pid_file("connect"))
        assert process is not None
        process.signal(SIGKILL)
        assert processes.wait([process], 10)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.5)


def test_from_a_view_by_rest_to_an_alert(platform: Platform, connect: str, halls: Any) -> None:
    site = Site(platform)
    for hall in halls:
        answer = site.rest("POST", "/connectors", hall.body())
        assert hall.password not in json.dumps(answer)
        assert any("is not installed" in note for note in answer["notes"])
    for hall in halls:
        site.amml(
            *("source", "add", hall.name, "--connect", hall.name),
            *("--time", "event_time", "--key", "position,type_name"),
        )
        text = f'source id="{hall.name}" | filter cond = input_data > 1000 | alert'
        site.amml("deploy", hall.name, text, "--set", "source.from=start", "--wait")
        hall.measure(1001, 999)
    site.kill_worker()
    for hall in halls:
        hall.measure(5000)
    up(platform.home.path, lambda _part, _state: None)
    for hall in halls:
        hall.measure(1000, 2000.5)
        wait_until(lambda: len(site.alerts(hall.name)) >= 4)  # noqa: B023 (called at once)
        assert site.alerts(hall.name) == [1001.0, 1200.0, 2000.5, 5000.0]
        site.amml("undeploy", hall.name)
        site.rest("DELETE", f"/connectors/{hall.name}")
