"""New rows of a PostgreSQL table, in the order of a unique column that grows, and none missed.

Transactions commit in another order than they took their numbers, so a row may appear below one
that was read before. Therefore a round reads no further than the largest number M that is visible
at its beginning, and not before every transaction that was open just then has ended: whoever took
a number up to M had begun by that time, and what began later takes larger ones.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
import pyarrow as pa
from psycopg2 import errors, sql

from amml_runtime.batch import Batch
from amml_runtime.errors import Unavailable, WorkflowFault

ROWS = 10_000
CONNECT_SECONDS = 10
_ARROW = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "string": pa.string()}
_CAST = {"float": sql.SQL("::float8"), "string": sql.SQL("::text")}
_GONE = (errors.UndefinedTable, errors.UndefinedColumn, errors.InsufficientPrivilege)
# Virtual ids stand for every open transaction, also one that has not written yet; the snapshot
# covers prepared ones. Other databases and the server's own workers do not write to the table.
_OPEN = """
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text,
           ARRAY(SELECT virtualxid FROM pg_locks JOIN pg_stat_activity USING (pid)
                 WHERE locktype = 'virtualxid' AND pid <> pg_backend_pid()
                   AND datname = current_database() AND usename IS NOT NULL)"""
_ENDED = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric >= %s::numeric
       AND NOT EXISTS (SELECT FROM pg_locks
                       WHERE locktype = 'virtualxid' AND virtualxid = ANY (%s))"""


@dataclass(frozen=True)
class TableRows:
    """A table, or a view, and the column by which its rows are read.

    Parameters:
        url: libpq's, the password in it.
        columns: names and the catalogue's types.
        by: a column with a value of its own in each row, larger in later rows.
        every: seconds between the beginnings of two rounds.
    """

    url: str
    table: tuple[str, str]  # its schema and its name
    columns: Mapping[str, str]
    by: str
    every: float

    @classmethod
    def of(cls, entry: Mapping[str, Any], url: str) -> "TableRows":
        """As an entry of the source catalogue has it."""
        columns = {column["name"]: column["type"] for column in entry["columns"]}
        table = (entry["schema"], entry["table"])
        every = entry["every_ms"] / 1000
        return cls(url, table, columns, entry["by"], every)

    def read(self, last: Any) -> Iterator[tuple[Batch, Any]]:
        """Rows above `last` with the value of the last of them; no rows where none are there yet.

        Errors: Unavailable, the database does not answer; WorkflowFault, it refuses the table.
        """
        try:
            with closing(connected(self.url)) as connection, connection.cursor() as cursor:
                while True:
                    due = time.monotonic() + self.every
                    for batch, upto in self._round(cursor, last):
                        last = upto
                        yield batch, upto
                    while time.monotonic() < due:
                        yield Batch.empty(), last
        except _GONE as error:
            raise WorkflowFault(f"table {'.'.join(self.table)}: {_said(error)}") from None
        except psycopg2.OperationalError as error:
            raise Unavailable(f"table {'.'.join(self.table)}: {_said(error)}") from None

    def _round(self, cursor: Any, last: Any) -> Iterator[tuple[Batch, Any]]:
        """What is there below the largest value of now, once it is final."""
        cursor.execute(self._sql("SELECT max({by}) FROM {table}"))
        [(most,)] = cursor.fetchall()
        if most is None or _plain(most) == last:
            yield Batch.empty(), last
            return
        cursor.execute(_OPEN)
        [open_] = cursor.fetchall()
        yield Batch.empty(), last
        while not _passed(cursor, open_):
            yield Batch.empty(), last
        while last != _plain(most):
            rows = self._above(cursor, last, most)
            if not rows:
                return
            last = _plain(rows[-1][-1])
            yield self._batch(rows), last

    def _above(self, cursor: Any, last: Any, most: Any) -> list[Any]:
        after = "" if last is None else " AND {by} > %(last)s"
        text = f"SELECT {{columns}}, {{by}} FROM {{table}} WHERE {{by}} <= %(most)s{after}"
        query = self._sql(f"{text} ORDER BY {{by}} LIMIT {ROWS}")
        cursor.execute(query, {"last": last, "most": most})
        return cursor.fetchall()

    def _sql(self, text: str) -> sql.Composed:
        chosen = [sql.Identifier(n) + _CAST.get(t, sql.SQL("")) for n, t in self.columns.items()]
        return sql.SQL(text).format(
            by=sql.Identifier(self.by),
            table=sql.Identifier(*self.table),
            columns=sql.SQL(", ").join(chosen),
        )

    def _batch(self, rows: list[Any]) -> Batch:
        values = list(zip(*rows, strict=True))
        columns = {
            name: pa.array(values[at], _ARROW.get(type_))
            for at, (name, type_) in enumerate(self.columns.items())
        }
        return Batch(pa.RecordBatch.from_pydict(columns))


def connected(url: str) -> Any:
    """A connection that only reads, each statement on its own.

    Errors: psycopg2.OperationalError.
    """
    connection = psycopg2.connect(url, connect_timeout=CONNECT_SECONDS, application_name="amml")
    connection.set_session(readonly=True, autocommit=True)
    return connection


def _passed(cursor: Any, open_: tuple[str, list[str]]) -> bool:
    cursor.execute(_ENDED, open_)
    [(ended,)] = cursor.fetchall()
    return bool(ended)


def _plain(value: Any) -> Any:
    """A value as the position keeps it: a number, or the text of what is none."""
    return value if isinstance(value, int) else str(value)


def _said(error: psycopg2.Error) -> str:
    """The first line of what PostgreSQL says; the rest may quote the statement."""
    return str(error).strip().partition("\n")[0]
