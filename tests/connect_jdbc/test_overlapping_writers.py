"""Rows of ten overlapping writers, and a worker that is killed: the topic holds the table, once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from signal import SIGKILL
from urllib.parse import urlsplit

import orjson
import psycopg2
import pytest
import requests
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up

from .writers import write

pytestmark = pytest.mark.kafka

DEADLINE = 300.0
MODES = {
    "incrementing": {"incrementing.column.name": "id"},
    "timestamp": {"timestamp.column.name": "at"},
    "timestamp+incrementing": {"incrementing.column.name": "id", "timestamp.column.name": "at"},
}


class Flow:
    """A table, the connector that reads it, and its topic."""

    def __init__(self, platform: Platform, table: str, mode: str) -> None:
        self.platform = platform
        self.table = table
        self.mode = mode
        self._run(
            f"CREATE TABLE {table} (id bigserial PRIMARY KEY, value double precision NOT NULL, "
            "at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc'))"
        )

    def register(self) -> None:
        """As somebody with curl does, at the worker itself."""
        url = urlsplit(self.platform.database)
        config = {
            "connector.class": "amml.connect.jdbc.JdbcSourceConnector",
            "connection.url": f"jdbc:postgresql://{url.hostname}:{url.port}{url.path}",
            "connection.user": url.username,
            "connection.password": "${secret:writers}",
            "mode": self.mode,
            **MODES[self.mode],
            "table.whitelist": self.table,
            "topic.prefix": "writers.",
            "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
            "poll.interval.ms": "50",
            "batch.max.rows": "5000",
        }
        secret = self.platform.home.secrets / "writers"
        secret.write_text(url.password or "", encoding="utf-8")
        answer = requests.put(f"{self._worker}/connectors/{self.table}/config", json=config)
        assert answer.ok, answer.text

    def kill(self) -> None:
        """End the worker at once, and start another."""
        process = processes.find(self.platform.home.pid_file("connect"))
        assert process is not None
        process.signal(SIGKILL)
        assert processes.wait([process], 10)
        up(self.platform.home.path, lambda _part, _state: None)

    def in_table(self) -> set[int]:
        """The ids of the rows there."""
        with psycopg2.connect(self.platform.database) as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM {self.table}")
                return {row[0] for row in cursor.fetchall()}

    def in_topic(self, expected: int) -> Counter[int]:
        """How often each id is in the topic, once there are as many records, and no more come."""
        topic = TopicPartition(f"writers.{self.table}", 0, OFFSET_BEGINNING)
        settings = {"group.id": "none", "isolation.level": "read_committed"}
        consumer = Consumer({"bootstrap.servers": self.platform.kafka, **settings})
        consumer.assign([topic])
        seen, end, quiet = Counter[int](), time.monotonic() + DEADLINE, 0
        while quiet < 3 or seen.total() < expected:
            assert time.monotonic() < end, f"{seen.total()} of {expected} rows have come"
            found = [_id(each) for each in consumer.consume(10_000, 0.5)]
            seen.update(found)
            quiet = 0 if found else quiet + 1
        consumer.close()
        return seen

    def remove(self) -> None:
        """Leave nothing behind."""
        requests.delete(f"{self._worker}/connectors/{self.table}")
        self._run(f"DROP TABLE {self.table}")

    @property
    def _worker(self) -> str:
        return self.platform.connect

    def _run(self, statement: str) -> None:
        connection = psycopg2.connect(self.platform.database)
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()


def _id(message: Message) -> int:
    assert message.error() is None
    return orjson.loads(message.value() or b"")["payload"]["id"]


@pytest.fixture
def flow(platform: Platform, connect: str) -> Generator[Callable[[str], Flow]]:
    """Makes a table with a connector that reads it in a mode."""
    made: list[Flow] = []

    def make(mode: str) -> Flow:
        made.append(Flow(platform, f"w{random.randrange(16**8):08x}", mode))
        made[-1].register()
        return made[-1]

    yield make
    for each in made:
        each.remove()


def audited(flow: Flow, rows: int, most: int, kills: int, seed: int) -> None:
    """Write, kill the worker meanwhile, and compare the topic with the table."""
    begun = threading.Event()
    arguments = (flow.platform.database, flow.table, rows, most, seed, begun.set)
    writing = threading.Thread(target=write, args=arguments)
    writing.start()
    begun.wait()
    chance = random.Random(seed)
    for _ in range(kills):
        time.sleep(1 + 2 * chance.random())
        assert writing.is_alive()
        flow.kill()
    writing.join()
    there = flow.in_table()
    assert len(there) == rows
    found = flow.in_topic(rows)
    lost, twice = there - found.keys(), [each for each, count in found.items() if count > 1]
    assert (lost, twice, found.keys() - there) == (set(), [], set())


@pytest.mark.long
def test_the_topic_holds_exactly_the_tables_rows(flow: Callable[[str], Flow]) -> None:
    audited(flow("timestamp+incrementing"), rows=20_000, most=100, kills=1, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
def test_so_it_does_of_a_million_rows_while_the_worker_is_killed_three_times(
    flow: Callable[[str], Flow], mode: str
) -> None:
    audited(flow(mode), rows=1_000_000, most=400, kills=3, seed=2)
