"""Rows into a table of PostgreSQL: every one of them once, whatever dies."""

import signal
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

pytestmark = pytest.mark.platform

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
Flows = Callable[..., Flow]

ROWS = 4_000
PLACES = ["table_committed", "table_inserted", "table_before_commit"]
TOLD = "SELECT count(*), count(DISTINCT _time) FROM {}"


@pytest.fixture
def table(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that no other test uses, in the database that the secret `hall` names."""
    (tmp_path / "hall").write_text(database_url, encoding="utf-8")
    monkeypatch.setenv("AMML_SECRETS", str(tmp_path))
    return f"t{uuid.uuid4().hex[:12]}"


def text_of(table: str, rate: int = 2000) -> str:
    return (
        f"normalsource rows={ROWS}, rate={rate}, every=10m | "
        f'to_table table="{table}", database=secret("hall"), roll=100ms'
    )


def asked(url: str, text: str) -> list[Any]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def test_every_row_is_in_the_table_once_though_the_sink_dies_at_each_step_of_its_commit(
    flows: Flows, table: str, database_url: str
) -> None:
    flow = flows(text_of(table))
    assert flow.run(to_table=[f"{place}:1" for place in PLACES]) == {"to_table": len(PLACES)}
    assert asked(database_url, TOLD.format(table)) == [(ROWS, ROWS)]
    asked(database_url, f"DROP TABLE {table}")


@pytest.mark.long
def test_of_two_sinks_of_one_partition_the_older_is_shut_out(
    flows: Flows, table: str, database_url: str
) -> None:
    flow = flows(text_of(table, rate=1000))
    flow.start()
    wait_until(lambda: rows_in(database_url, table) > 0, flow)
    asleep = flow.running["to_table"]
    asleep.send_signal(signal.SIGSTOP)
    committed = rows_in(database_url, table)
    flow.start_again("to_table")
    wait_until(lambda: rows_in(database_url, table) > committed, flow)
    asleep.send_signal(signal.SIGCONT)
    assert asleep.wait(timeout=60) == 3
    wait_until(lambda: not flow.running, flow)
    assert asked(database_url, TOLD.format(table)) == [(ROWS, ROWS)]
    asked(database_url, f"DROP TABLE {table}")


@pytest.mark.long
def test_a_database_that_ends_our_sessions_again_and_again_loses_and_doubles_nothing(
    flows: Flows, table: str, database_url: str
) -> None:
    flow = flows(text_of(table, rate=1000))
    flow.start()
    wait_until(lambda: rows_in(database_url, table) > 0, flow)
    ended = 0
    while flow.running and ended < 20:
        ended += len(
            asked(
                database_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'amml' AND pid <> pg_backend_pid()",
            )
        )
        flow.look_after()
        time.sleep(0.1)
    wait_until(lambda: not flow.running, flow)
    assert ended >= 5
    assert asked(database_url, TOLD.format(table)) == [(ROWS, ROWS)]
    asked(database_url, f"DROP TABLE {table}")


def rows_in(url: str, table: str) -> int:
    """How many rows are committed; none where there is no table yet."""
    [(there,)] = asked(url, f"SELECT to_regclass('{table}')")
    return asked(url, f"SELECT count(*) FROM {table}")[0][0] if there else 0


def wait_until(holds: Callable[[], bool], flow: Flow) -> None:
    """Look after the flow until something holds."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        flow.look_after()
        time.sleep(0.05)
