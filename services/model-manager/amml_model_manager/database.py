"""PostgreSQL: a small pool of connections that outlives its server, and transactions."""

import logging
import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn, parse_dsn
from psycopg2.extras import Json, RealDictCursor

from amml_model_manager.documents import canonical
from amml_model_manager.errors import Unavailable
from amml_model_manager.migrations import MigrationError, migrate

Row: TypeAlias = dict[str, Any]
_LOG = logging.getLogger(__name__)
_SESSION = "SET statement_timeout = '20s'; SET lock_timeout = '10s'; SET timezone = 'UTC'"


def as_json(value: Any) -> Json:
    """A value for a column of type json."""
    return Json(value, dumps=canonical)


class Transaction:
    """Queries of one transaction; values only ever travel as parameters."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """All rows of a query."""
        self._cursor.execute(query, parameters)
        return [dict(row) for row in self._cursor.fetchall()]

    def row(self, query: str, **parameters: Any) -> Row | None:
        """The first row of a query, or None."""
        rows = self.rows(query, **parameters)
        return rows[0] if rows else None

    def run(self, query: str, **parameters: Any) -> int:
        """Carry out a change; how many rows it touched."""
        self._cursor.execute(query, parameters)
        return self._cursor.rowcount


class Database:
    """A pool that connects when asked, and migrates on its first connection.

    Parameters:
        url: a libpq URL.
        size: how many connections at most.
    """

    def __init__(self, url: str, size: int = 8) -> None:
        self._url = make_dsn(url, connect_timeout=3, application_name="amml-model-manager")
        self._permits = threading.BoundedSemaphore(size)
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._migrating = threading.Lock()
        self._migrated = False

    @property
    def place(self) -> str:
        """Where the server is, without the password."""
        parts = parse_dsn(self._url)
        return f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}"

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """One transaction: committed at the end of the block, rolled back by an exception.

        Errors: Unavailable when PostgreSQL does not answer or all connections are taken.
        """
        with self._connection() as connection:
            try:
                with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                    yield Transaction(cursor)
                connection.commit()
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                connection.close()  # whether it still works is not worth asking
                raise self._unavailable(error) from error
            except BaseException:
                connection.rollback()
                raise

    def check(self) -> None:
        """Errors: Unavailable when PostgreSQL does not answer."""
        with self.transaction():
            pass

    def close(self) -> None:
        """Close the idle connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    @contextmanager
    def _connection(self) -> Generator[Connection]:
        if not self._permits.acquire(timeout=5):
            raise Unavailable(
                "database_busy", "all connections to PostgreSQL are taken", "Try again."
            )
        try:
            connection = self._living() or self._connect()
            try:
                yield connection
            finally:
                if not connection.closed:
                    self._idle.put(connection)
        finally:
            self._permits.release()

    def _living(self) -> Connection | None:
        """An idle connection that still answers: after a restart of the server, none does."""
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return None
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                connection.rollback()
                return connection
            except psycopg2.Error:
                connection.close()

    def _connect(self) -> Connection:
        try:
            connection = psycopg2.connect(self._url)
        except psycopg2.OperationalError as error:
            raise self._unavailable(error) from error
        try:
            with connection.cursor() as cursor:
                cursor.execute(_SESSION)
            connection.commit()
            self._migrate_once(connection)
        except psycopg2.OperationalError as error:
            connection.close()
            raise self._unavailable(error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate_once(self, connection: Connection) -> None:
        with self._migrating:
            if not self._migrated:
                try:
                    migrate(connection)
                except (psycopg2.Error, MigrationError) as error:
                    _LOG.error("PostgreSQL at %s: %s", self.place, error)
                    text = f"the tables in PostgreSQL at {self.place} cannot be used: {error}"
                    raise Unavailable("database_unusable", text) from error
                self._migrated = True

    def _unavailable(self, error: psycopg2.Error) -> Unavailable:
        _LOG.warning("PostgreSQL at %s: %s", self.place, str(error).strip())
        return Unavailable(
            "database_unavailable",
            f"PostgreSQL at {self.place} does not answer",
            "Nothing was changed. Try again when it is back.",
        )
