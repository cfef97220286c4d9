"""The pool and the migrations on a real PostgreSQL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from amml_model_manager.database import Database
from amml_model_manager.errors import Unavailable
from amml_model_manager.migrations import migrations
from amml_model_manager.store import audit

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
NASTY = st.sampled_from(["'", "''", "%s", "%(name)s", "%%", "\\'", "$$", "'; DROP TABLE audit; --"])


@given(st.lists(TEXT | NASTY, min_size=4, max_size=4), st.dictionaries(TEXT | NASTY, TEXT | NASTY))
@with_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_comes_back_as_it_was_stored(
    database: Database, words: list[str], detail: dict[str, str]
) -> None:
    actor, action, thing, value = words
    with database.transaction() as transaction:
        audit.record(transaction, actor, action, thing, value=value, detail=detail)
        (row,) = audit.newest(transaction, 1)
    found = (row["actor"], row["action"], row["object"], row["detail"])
    assert found == (actor, action, thing, {"value": value, "detail": detail})


def test_a_transaction_that_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.transaction() as transaction:
        audit.record(transaction, "ada", "test", "x")
        raise KeyError
    with database.transaction() as transaction:
        assert audit.newest(transaction, 1) == []


def test_the_pool_outlives_its_connections(api: requests.Session, own_database: str) -> None:
    """What a restart of PostgreSQL does: every connection is gone, the next request works."""
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:  # several connections in the pool
            list(pool.map(api.get, ["/sources"] * 8))
        assert _terminate_all(own_database) >= 1
        assert api.get("/sources").status_code == 200


def test_a_connection_lost_in_a_transaction_is_unavailable(
    database: Database, own_database: str
) -> None:
    with pytest.raises(Unavailable, match="does not answer"), database.transaction() as transaction:
        _terminate_all(own_database)
        audit.record(transaction, "ada", "test", "x")
    with database.transaction() as transaction:
        assert audit.newest(transaction, 1) == []


def test_a_request_waits_for_a_free_connection(own_database: str) -> None:
    database = Database(own_database, size=1)
    entered = threading.Event()

    def hold() -> None:
        with database.transaction():
            entered.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    start = time.monotonic()
    with database.transaction() as transaction:
        assert audit.newest(transaction, 1) == []
    assert time.monotonic() - start > 0.2
    thread.join()
    database.close()


def test_several_that_start_at_once_migrate_once(own_database: str) -> None:
    databases = [Database(own_database) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Database.check, databases))
    with databases[0].transaction() as transaction:
        applied = transaction.rows("SELECT number FROM migration ORDER BY number")
    assert [row["number"] for row in applied] == [number for number, _, _ in migrations()]
    for database in databases:
        database.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "UPDATE migration SET sha256 = 'x' WHERE number = 1",
            "001_control.sql was applied with another text",
        ),
        ("INSERT INTO migration VALUES (99, 'x', 'x')", "the database is newer"),
    ],
)
def test_tables_of_another_release_are_refused(
    database: Database, own_database: str, change: str, message: str
) -> None:
    with database.transaction() as transaction:
        transaction.run(change)
    with pytest.raises(Unavailable, match=message):
        Database(own_database).check()


def test_a_server_that_is_down_is_named_without_its_password() -> None:
    database = Database("postgresql://ada:canary@127.0.0.1:1/amml")
    with pytest.raises(Unavailable) as caught:
        database.check()
    assert "127.0.0.1:1" in caught.value.message
    assert "canary" not in str(caught.value.body())


def test_a_server_that_goes_down_while_somebody_connects_is_down(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first words on a new connection failed with an error that nobody expected."""
    dying = "SELECT pg_terminate_backend(pg_backend_pid())"
    monkeypatch.setattr("amml_model_manager.database._SESSION", dying)
    with pytest.raises(Unavailable, match="does not answer"):
        Database(own_database).check()


def _terminate_all(url: str) -> int:
    """End every other connection to the database, as a restart would; how many."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            return len(cursor.fetchall())
    finally:
        connection.close()
