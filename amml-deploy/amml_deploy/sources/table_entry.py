"""Putting a PostgreSQL table into the source catalogue: its columns, and by which it is read."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from amml_deploy.control import home_of
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.planner.faults import suggestion
from amml_deploy.platform.home import Home
from amml_deploy.sources.entries import refuse_unknown
from amml_ingress._shared.table_rows import connected
from amml_runtime.errors import WorkflowFault
from amml_runtime.secrets import resolve

_TYPES = {
    **dict.fromkeys(("int2", "int4", "int8"), "int"),
    **dict.fromkeys(("float4", "float8", "numeric"), "float"),
    "bool": "bool",
    **dict.fromkeys(("timestamp", "timestamptz", "date"), "timestamp"),
}
_TABLE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind IN ('v', 'm')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)"""
_TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
      AND c.relnamespace <> 'pg_catalog'::regnamespace"""
_COLUMNS = """
    SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_UNIQUE = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
    WHERE i.indrelid = %s AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND a.attnum = i.indkey[0] AND a.attnotnull ORDER BY i.indisprimary DESC"""


def table_entry(
    url: str,
    table: str,
    by: str | None,
    time: str | None,
    tz: str,
    key: Sequence[str],
    every_ms: int,
) -> dict[str, Any]:
    """The entry of a table or a view, which is looked at.

    Parameters:
        url: where its database is; a password is a reference, `${secret:NAME}`.
        by: the column by which it is read; None: its primary key.
    Errors: UserError, there is no such table or column, or `by` may have a value twice; AmmlError,
        the database does not answer.
    """
    try:
        with closing(connected(_resolved(url))) as connection, connection.cursor() as cursor:
            oid, schema, name, is_view = _found(cursor, table)
            columns = _columns(cursor, oid)
            for option, names in (("--time", [time]), ("--by", [by]), ("--key", key)):
                refuse_unknown(option, (n for n in names if n is not None), columns)
            by = _by(cursor, oid, table, by, columns, is_view)
    except psycopg2.Error as error:
        said = str(error).strip().partition("\n")[0]
        raise AmmlError(f"--url: the database cannot be asked: {said}") from None
    return {
        "kind": "table",
        "url": url,
        "schema": schema,
        "table": name,
        "by": by,
        "every_ms": every_ms,
        "time": time,
        "tz": tz,
        "key": list(key),
        "columns": [{"name": name, "type": word} for name, word in columns.items()],
    }


def refuse_plain_password(url: str) -> None:
    """Whether a URL is one, with no password but a reference.

    Errors: UserError.
    """
    address = urlsplit(url)
    if address.scheme not in ("postgresql", "postgres"):
        raise UserError("--url: expected postgresql://reader:${secret:hall}@db/hall")
    if "password=" in address.query or not (address.password or "$").startswith("$"):
        raise UserError(
            "--url holds a password: put it away with `amml secret set hall`, and write "
            "postgresql://reader:${secret:hall}@db/hall"
        )


def _resolved(url: str) -> str:
    given = os.environ.get("AMML_SECRETS")
    folder = Path(given) if given else Home(home_of(os.environ)).secrets
    try:
        return resolve(url, folder)
    except WorkflowFault as error:
        raise UserError(f"--url: {error}") from None


def _found(cursor: Any, table: str) -> tuple[int, str, str, bool]:
    """A table's number, its schema and name, and whether it is a view."""
    cursor.execute(_TABLE, (table,))
    if (row := cursor.fetchone()) is None:
        cursor.execute(_TABLES)
        known = [name for (name,) in cursor.fetchall()]
        raise UserError(f"--table: there is no table `{table}`; {suggestion(table, known)}")
    return row


def _columns(cursor: Any, oid: int) -> dict[str, str]:
    cursor.execute(_COLUMNS, (oid,))
    return {name: _TYPES.get(type_, "string") for name, type_ in cursor.fetchall()}


def _by(
    cursor: Any, oid: int, table: str, by: str | None, columns: Mapping[str, str], is_view: bool
) -> str:
    cursor.execute(_UNIQUE, (oid,))
    unique = [name for (name,) in cursor.fetchall() if columns[name] in ("int", "timestamp")]
    if by is None:
        if not unique:
            raise UserError(
                f"--by is missing: `{table}` has no column with a value of its own in each row "
                "that grows, as a primary key of numbers does"
            )
        return unique[0]
    if by not in unique and not is_view:
        raise UserError(
            f"--by: `{by}` may have a value twice, or none, and a row would be missed. Make it "
            "unique and NOT NULL, or let Kafka Connect read the table: amml connect add --help"
        )
    return by
