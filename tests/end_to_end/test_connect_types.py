"""What real connectors write of a PostgreSQL table, read as typed columns, and when it changes."""

import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_runtime.admin import remove_prefix

pytestmark = pytest.mark.platform

DEADLINE = 90.0
TABLE = """(id bigint PRIMARY KEY, room text NOT NULL, co2 double precision,
    at timestamptz NOT NULL, here timestamp, day date, clock time, amount numeric(10, 2),
    free numeric, ok boolean, raw bytea, doc jsonb, tags text[], small smallint)"""
ROW = """VALUES (1, 'hall', 1234.5, '2026-01-01 09:00:00+09', '2026-01-01 09:00:00', '2026-01-01',
    '12:00', 12.34, 1.5, true, '\\x0102', '{{"a": [1]}}', '{{x,y}}', 7)"""
SPARSE = "(id, room, co2, at) VALUES (2, 'lab', 'NaN', '2026-01-01 09:00:01+09')"
NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
SEOUL = timedelta(hours=9)
COLUMNS = {
    "id": "int", "room": "string", "co2": "float", "at": "timestamp", "here": "timestamp",
    "day": "timestamp", "clock": "duration", "amount": "float", "free": "float", "ok": "bool",
    "raw": "string", "doc": "string", "tags": "string", "small": "int",
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A table in the platform's PostgreSQL, and a connector that reads it."""

    platform: Platform
    worker: str
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    def run(self, statement: str) -> None:
        """Run SQL, at once."""
        connection = psycopg2.connect(self.platform.database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=self.name))
        connection.close()

    def connect(self, **config: str) -> None:
        """Register a connector."""
        creation = {
            f"topic.creation.default.{n}": "1" for n in ("partitions", "replication.factor")
        }
        url = f"{self.worker}/connectors/{self.name}/config"
        requests.put(url, json={**config, **creation}, timeout=30).raise_for_status()

    def end(self) -> None:
        """Leave nothing behind."""
        requests.delete(f"{self.worker}/connectors/{self.name}", timeout=30)
        slots = "pg_replication_slots WHERE slot_name = '{table}'"
        _until(lambda: self._rows(f"SELECT 1 FROM {slots} AND active") == [])
        self.run(f"SELECT pg_drop_replication_slot(slot_name) FROM {slots}")
        self.run("DROP PUBLICATION IF EXISTS {table}")
        self.run("DROP TABLE {table}")
        remove_prefix(self.platform.kafka, f"{self.name}.")

    def _rows(self, query: str) -> list[Any]:
        with psycopg2.connect(self.platform.database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query.format(table=self.name))
                return cursor.fetchall()


@pytest.fixture
def shop(platform: Platform, connect: str) -> Generator[Shop]:
    """A table of many types, with two rows."""
    made = Shop(platform, connect)
    made.run(f"CREATE TABLE {{table}} {TABLE}")
    for row in (ROW, SPARSE):
        made.run(f"INSERT INTO {{table}} {row}")
    try:
        yield made
    finally:
        made.end()


def debezium(shop: Shop, **more: str) -> dict[str, str]:
    """Changes, as rows."""
    url = urlsplit(shop.platform.database)
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.hostname": str(url.hostname),
        "database.port": str(url.port),
        "database.user": str(url.username),
        "database.password": str(url.password),
        "database.dbname": "postgres",
        "plugin.name": "pgoutput",
        "slot.name": shop.name,
        "publication.name": shop.name,
        "publication.autocreate.mode": "filtered",
        "topic.prefix": shop.name,
        "table.include.list": f"public.{shop.name}",
        "transforms": "unwrap",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
        **more,
    }


def jdbc(shop: Shop) -> dict[str, str]:
    """New rows, by number."""
    url = urlsplit(shop.platform.database)
    return {
        "connector.class": "amml.connect.jdbc.JdbcSourceConnector",
        "connection.url": f"jdbc:postgresql://{url.hostname}:{url.port}/postgres",
        "connection.user": str(url.username),
        "connection.password": str(url.password),
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": shop.name,
        "topic.prefix": f"{shop.name}.",
        "poll.interval.ms": "500",
    }


# `here` is zoneless for Debezium, so it is Seoul's; Connect's own Timestamp is UTC.
CONNECTORS: dict[str, tuple[Callable[[Shop], dict[str, str]], dict[str, Any]]] = {
    "debezium": (debezium, {"here": NINE - SEOUL, "tags": '["x","y"]', "_key": "1"}),
    "debezium-as-connect": (
        lambda shop: debezium(shop, **{"time.precision.mode": "connect"}),
        {"here": NINE, "tags": '["x","y"]', "_key": "1"},
    ),
    "jdbc": (jdbc, {"here": NINE, "tags": "{x,y}", "_key": None}),
}


@pytest.mark.parametrize(
    "connector",
    [
        pytest.param("debezium", marks=pytest.mark.long),
        "debezium-as-connect",  # as `amml connect add` sets it up
        pytest.param("jdbc", marks=pytest.mark.long),
    ],
)
@pytest.mark.long
def test_a_tables_rows_have_its_types_until_a_column_goes(
    shop: Shop, connector: str, amml: Any, control: Control, name: str, committed_rows: Any
) -> None:
    configured, expected = CONNECTORS[connector]
    shop.connect(**configured(shop))
    words = ["--connect", shop.name, "--time", "here", "--tz", "Asia/Seoul"]
    _until(lambda: amml("source", "add", name, *words).code == 0)
    entry = control.get(f"/sources/{name}")
    assert {each["name"]: each["type"] for each in entry["columns"]} == COLUMNS
    text = f'source id="{name}" | filter id > 0 | print'
    assert amml("deploy", name, text, "--set", "source.from=start", "--wait").code == 0

    def rows() -> list[dict[str, Any]]:
        return committed_rows(f"amml.{name}.r1.filter")

    _until(lambda: len(rows()) == 2)
    first, second = rows()
    assert first == {
        "_time": expected["here"],
        "id": 1,
        "room": "hall",
        "co2": 1234.5,
        "at": MIDNIGHT,
        "day": MIDNIGHT - SEOUL,
        "clock": timedelta(hours=12),
        "amount": 12.34,
        "free": 1.5,
        "ok": True,
        "raw": "AQI=",
        "doc": '{"a": [1]}',
        "small": 7,
        **expected,
    }
    assert {column for column, value in second.items() if value is None} >= {"here", "ok", "free"}
    shop.run("ALTER TABLE {table} ADD COLUMN humidity real")
    shop.run("INSERT INTO {table} (id, room, at, humidity) VALUES (3, 'hall', now(), 55.5)")
    _until(lambda: [row.get("humidity") for row in rows()] == [None, None, 55.5])
    shop.run("ALTER TABLE {table} DROP COLUMN room")
    shop.run("INSERT INTO {table} (id, at) VALUES (4, now())")
    _until(lambda: control.get(f"/workflows/{name}")["status"]["state"] == "failed")
    assert "column `room` (string) is gone" in amml("logs", name).out
    assert len(rows()) == 3
    amml("undeploy", name, "--yes")
    amml("source", "remove", name)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)
