"""The tables, as numbered SQL files that are applied in order, each once."""

import hashlib
import re
from importlib.resources import files

from psycopg2.extensions import connection as Connection

_LOCK = 7_236_051  # any number, the same in every copy of this service
_LEDGER = """
    CREATE TABLE IF NOT EXISTS migration (
        number int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
        applied timestamptz NOT NULL DEFAULT clock_timestamp())
"""


class MigrationError(RuntimeError):
    """The database was made by other migrations than ours."""


def migrations() -> list[tuple[int, str, str]]:
    """Number, name and text of each file, in order.

    >>> [name for _, name, _ in migrations()][:1]
    ['001_control.sql']
    """
    texts = [
        (int(entry.name[:3]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in files(__package__ or "").iterdir()
        if re.fullmatch(r"\d{3}_\w+\.sql", entry.name)
    ]
    return sorted(texts)


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, in one transaction; several processes may call it at once.

    Errors: MigrationError, when an applied file has another text than ours or is unknown.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute(_LEDGER)
        cursor.execute("SELECT number, sha256 FROM migration")
        applied: dict[int, str] = dict(cursor.fetchall())
        for number, name, text in migrations():
            digest = hashlib.sha256(text.encode()).hexdigest()
            found = applied.pop(number, None)
            if found is None:
                cursor.execute(text)
                cursor.execute(
                    "INSERT INTO migration (number, name, sha256) VALUES (%s, %s, %s)",
                    (number, name, digest),
                )
            elif found != digest:
                raise MigrationError(f"{name} was applied with another text; restore it")
        if applied:
            raise MigrationError(f"the database is newer: it has migration {max(applied)}")
