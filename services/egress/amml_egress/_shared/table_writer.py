"""The client of `to_table`: rows, and where to go on, in one transaction of PostgreSQL."""

import os
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from psycopg2 import sql

from amml_egress._shared.table_columns import as_csv, missing, newest, plain
from amml_egress._shared.table_errors import connected, plainly
from amml_runtime.batch import Batch
from amml_runtime.component import Book, Origin, Place, Secrets
from amml_runtime.errors import Fenced, WorkflowFault
from amml_runtime.failpoint import FailPoint
from amml_runtime.spec import StepSpec
from amml_runtime.state import decode, encode

# A writer that stands still in a transaction must not hold up the one that takes its place.
_SESSION = """
    SET timezone = 'UTC'; SET lock_timeout = '20s'; SET statement_timeout = '60s';
    SET idle_in_transaction_session_timeout = '15s'; SET synchronous_commit = on"""
_LOCK = 7_236_052  # any number; who makes or changes a table holds it
_COLUMNS = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"""
_OFFSETS = """
    CREATE TABLE IF NOT EXISTS {offsets} (
        step text, topic text, partition int, life text, epoch bigint NOT NULL,
        "end" bigint, book bytea, updated timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (step, topic, partition, life))"""
_TAKE_OVER = """
    INSERT INTO {offsets} AS o (step, topic, partition, life, epoch) VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (step, topic, partition, life) DO UPDATE SET epoch = o.epoch + 1
    RETURNING epoch, "end", book"""
_HOLD = """
    SELECT epoch, "end" FROM {offsets}
    WHERE step = %s AND topic = %s AND partition = %s AND life = %s FOR UPDATE"""
_GO_ON = """
    UPDATE {offsets} SET "end" = %s, book = %s, updated = clock_timestamp()
    WHERE step = %s AND topic = %s AND partition = %s AND life = %s"""


class TableWriter:
    """Writes the rows of one task to a table."""

    def __init__(self, spec: StepSpec, secrets: Secrets) -> None:
        self._step = spec.name
        self._secrets = secrets
        self._reached = FailPoint(os.environ.get("AMML_FAIL_POINT", "")).reached
        self._held: dict[tuple[str, int], list[pa.RecordBatch]] = {}
        self._epochs: dict[Place, int] = {}
        self._since: float | None = None
        self._known: pa.Schema | None = None
        self._connection: Any = None
        self.rows = 0

    def open(self, database: str, table: str, by: Sequence[str]) -> None:
        """Say where the rows go.

        Parameters:
            database: the name of the secret that holds its address.
            table: its name, or its schema's, a dot and its name.
            by: the columns that tell one row from another; a later row takes the earlier's place.
        """
        *schema, _ = self._names = table.split(".")
        self._table = table
        self._by = tuple(by)
        self._to = sql.Identifier(*self._names)
        self._offsets = sql.Identifier(*schema, "amml_offsets")
        self._database = database

    @plainly
    def resume(self, place: Place) -> Book | None:
        """Take a partition over from whoever wrote it before, and say how far they came."""
        with self._transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute("SELECT to_regclass(%s)", (self._offsets.as_string(cursor),))
            if cursor.fetchone() == (None,):  # who may not make tables can be given one
                cursor.execute(self._sql(_OFFSETS))
        with self._transaction() as cursor:
            cursor.execute(self._sql(_TAKE_OVER), self._key(place))
            [(epoch, end, book)] = cursor.fetchall()
        self._epochs[place] = epoch
        if end is None:
            return None
        return Book(end, *decode(bytes(book)))

    def take(self, batch: Batch, at: Origin) -> None:
        """Hold rows until the next commit. Errors: WorkflowFault, they lack a column of `by`."""
        if lost := [name for name in self._by if name not in batch.schema.names]:
            raise WorkflowFault(f"no column `{lost[0]}`; there are: {', '.join(batch.names)}")
        self._held.setdefault((at.topic, at.partition), []).append(batch.data)
        self.rows += batch.rows
        if self._since is None:
            self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """For how long something has been held."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    @plainly
    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit what is held, and where to go on after it: both or neither.

        1. take the row of each partition   2. its rows   3. the next offset   4. commit
        """
        rows = {place: self._rows(place) for place in books}
        for each in rows.values():
            self._fit(each.schema)
        with self._transaction() as cursor:
            for place, book in books.items():
                if self._is_new(cursor, place, book):  # 1
                    self._insert(cursor, rows[place])  # 2
                self._reached("table_inserted")
                content = encode([dict(book.messages), dict(book.entries)])
                cursor.execute(self._sql(_GO_ON), (book.end, content, *self._key(place)))  # 3
            self._reached("table_before_commit")
        self._reached("table_committed")  # 4
        self._held.clear()
        self._since, self.rows = None, 0

    def _rows(self, place: Place) -> pa.Table:
        held = self._held.get((place.topic, place.partition), [])
        if not held:
            return pa.table({})
        tables = [plain(pa.Table.from_batches([batch])) for batch in held]
        table = pa.concat_tables(tables, promote_options="default")
        return newest(table, self._by) if self._by else table

    def _is_new(self, cursor: Any, place: Place, book: Book) -> bool:
        """Whether the rows are not in the table yet: an answer to a commit may have been lost."""
        cursor.execute(self._sql(_HOLD), self._key(place))
        found = cursor.fetchone()
        if found is None or found[0] != self._epochs[place]:
            raise Fenced(f"{self._step}: a newer process writes {place.topic}[{place.partition}]")
        return found[1] is None or found[1] < book.end

    def _insert(self, cursor: Any, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        columns = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
        into = sql.Identifier("amml_new") if self._by else self._to
        if self._by:
            staged = "CREATE TEMP TABLE amml_new ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
            cursor.execute("DROP TABLE IF EXISTS pg_temp.amml_new")
            cursor.execute(sql.SQL(staged).format(columns, self._to))
        copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(into, columns)
        cursor.copy_expert(copy, as_csv(rows))
        if self._by:
            cursor.execute(self._merge(columns, rows.column_names))

    def _merge(self, columns: sql.Composed, names: Sequence[str]) -> sql.Composed:
        """A row takes the place of the one that agrees with it in all of `by`."""
        others = [sql.Identifier(name) for name in names if name not in self._by]
        changes = [sql.SQL("{0} = EXCLUDED.{0}").format(each) for each in others]
        does = sql.SQL("UPDATE SET ") + sql.SQL(", ").join(changes) if changes else None
        text = "INSERT INTO {} ({}) SELECT {} FROM pg_temp.amml_new ON CONFLICT ({}) DO {}"
        by = sql.SQL(", ").join(map(sql.Identifier, self._by))
        return sql.SQL(text).format(self._to, columns, columns, by, does or sql.SQL("NOTHING"))

    def _fit(self, schema: pa.Schema) -> None:
        """Make the table, or add the columns it lacks; none is ever changed or removed."""
        if not schema.names or schema == self._known:
            return
        with self._transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute(_COLUMNS, (self._to.as_string(cursor),))
            there: dict[str, str] = dict(cursor.fetchall())
            lacking = missing(schema, there, self._table)
            if there and lacking:
                added = [sql.SQL("ADD COLUMN {}").format(each) for each in _defined(lacking)]
                cursor.execute(self._statement("ALTER TABLE {} {}", added))
            elif not there:
                by = sql.SQL(", ").join(map(sql.Identifier, self._by))
                unique = [sql.SQL("UNIQUE ({})").format(by)] if self._by else []
                parts = [*_defined(lacking), *unique]
                cursor.execute(self._statement("CREATE TABLE {} ({})", parts))
        self._known = schema

    def _statement(self, text: str, parts: Sequence[sql.Composed]) -> sql.Composed:
        return sql.SQL(text).format(self._to, sql.SQL(", ").join(parts))

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(offsets=self._offsets)

    def _key(self, place: Place) -> tuple[str, str, int, str]:
        return self._step, place.topic, place.partition, place.life

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        """A cursor; committed at the end, and after an error the connection is another one."""
        if self._connection is None:
            self._connection = self._connected()
        try:
            with self._connection.cursor() as cursor:
                yield cursor
            self._connection.commit()
        except BaseException:
            self._connection.close()
            self._connection = None
            raise

    def _connected(self) -> Any:
        connection = connected(self._secrets.value(self._database), self._database)
        with connection.cursor() as cursor:
            cursor.execute(_SESSION)
        connection.commit()
        return connection


def _defined(columns: Mapping[str, str]) -> list[sql.Composed]:
    return [sql.Identifier(name) + sql.SQL(f" {type_}") for name, type_ in columns.items()]
