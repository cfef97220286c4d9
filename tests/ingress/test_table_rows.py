"""Rows of a table: each once, also those whose transactions commit in another order."""

from collections.abc import Generator, Iterator
from typing import Any

import psycopg2
import pytest

from amml_ingress._shared.table_rows import ROWS, TableRows
from amml_ingress._shared.tables import Tables
from amml_ingress.source import Source
from amml_runtime.batch import Batch
from amml_runtime.component import Portion
from amml_runtime.errors import Unavailable, WorkflowFault
from amml_runtime.secrets import Secrets

pytestmark = pytest.mark.platform

COLUMNS = {"id": "int", "value": "float", "at": "timestamp", "note": "string"}


class Table:
    """A table, and connections that write to it."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.run(
            f'CREATE TABLE "{name}" (id bigserial PRIMARY KEY, value numeric, '
            "at timestamp DEFAULT '2024-01-01 09:00', note jsonb)"
        )

    def run(self, statement: str) -> None:
        """In a transaction of its own."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()

    def insert(self, count: int) -> None:
        """Rows, all at once."""
        self.run(f'INSERT INTO "{self.name}" (value) SELECT n FROM generate_series(1, {count}) n')

    def begun(self) -> Any:
        """A transaction that has inserted a row, and not committed."""
        connection = psycopg2.connect(self.url)
        connection.cursor().execute(f'INSERT INTO "{self.name}" (value) VALUES (0)')
        return connection

    def rows(self) -> TableRows:
        """How it is read."""
        return TableRows(self.url, ("public", self.name), COLUMNS, "id", every=0.0)


@pytest.fixture
def table(database_url: str, request: pytest.FixtureRequest) -> Generator[Table]:
    name = f'odd "{request.node.name[:40]}'.replace('"', "'")
    made = Table(database_url, name)
    yield made
    made.run(f'DROP TABLE IF EXISTS "{name}"')


def ids(found: Iterator[tuple[Batch, Any]], rounds: int) -> list[int]:
    """What comes until so many portions were empty."""
    seen: list[int] = []
    while rounds:
        batch, _ = next(found)
        rounds -= not batch.rows
        seen += [row["id"] for row in batch.to_rows()]
    return seen


def test_new_rows_come_once_and_in_order(table: Table) -> None:
    reading = table.rows().read(None)
    assert ids(reading, 3) == []
    table.insert(3)
    assert ids(reading, 3) == [1, 2, 3]
    table.insert(2)
    assert ids(reading, 3) == [4, 5]


def test_a_row_that_commits_after_a_later_one_is_not_missed(table: Table) -> None:
    early, late = table.begun(), table.begun()
    late.commit()  # 2 is there before 1
    reading = table.rows().read(None)
    assert ids(reading, 5) == []
    early.commit()
    assert ids(reading, 5) == [1, 2]
    early.close()
    late.close()


def test_a_row_that_is_rolled_back_holds_nothing_up(table: Table) -> None:
    early, late = table.begun(), table.begun()
    late.commit()
    early.rollback()
    assert ids(table.rows().read(None), 5) == [2]
    early.close()
    late.close()


def test_a_transaction_in_another_database_holds_nothing_up(table: Table) -> None:
    table.insert(1)
    elsewhere = psycopg2.connect(table.url.rsplit("/", 1)[0] + "/template1")
    elsewhere.cursor().execute("SELECT pg_current_xact_id_if_assigned()")
    assert ids(table.rows().read(None), 5) == [1]
    elsewhere.close()


def test_more_rows_than_a_batch_come_in_several(table: Table) -> None:
    table.insert(ROWS + 5)
    reading = table.rows().read(None)
    found = [next(reading) for _ in range(3)]
    assert [(batch.rows, last) for batch, last in found] == [
        (0, None),
        (ROWS, ROWS),
        (5, ROWS + 5),
    ]
    assert ids(table.rows().read(ROWS), 3) == [*range(ROWS + 1, ROWS + 6)]


def test_cells_come_in_the_catalogues_types(table: Table) -> None:
    table.run(
        f"""INSERT INTO "{table.name}" (value, note) VALUES (1.5, '{{"a": 1}}'), (NULL, NULL)"""
    )
    entry = {
        "kind": "table",
        "url": table.url,
        "schema": "public",
        "table": table.name,
        "by": "id",
        "every_ms": 1,
        "time": "at",
        "tz": "Asia/Seoul",
        "key": ["note"],
        "columns": [{"name": n, "type": t} for n, t in COLUMNS.items()],
    }
    nothing: Any = None
    tables = Tables(nothing, Secrets(None))
    reading = Source("hall", entry=entry, files=nothing, tables=tables, lake=nothing).read(None)
    portion: Portion = next(each for each in reading if each.batch.rows)
    first, second = portion.batch.to_rows()
    assert (first["id"], first["value"], first["note"]) == (1, 1.5, '{"a": 1}')
    assert first["_time"].isoformat() == "2024-01-01T00:00:00+00:00"
    assert first["_key"] == '{"a": 1}'
    assert (second["value"], second["note"], portion.position) == (None, None, 2)


def test_a_table_that_goes_away_is_the_workflows_fault(table: Table) -> None:
    reading = table.rows().read(None)
    assert ids(reading, 2) == []
    table.run(f'DROP TABLE "{table.name}"')
    with pytest.raises(WorkflowFault, match="does not exist"):
        ids(reading, 3)


def test_a_database_that_is_not_there_is_a_reason_to_try_again() -> None:
    rows = TableRows("postgresql://u:hunter2@127.0.0.1:1/x", ("public", "t"), COLUMNS, "id", 0.0)
    with pytest.raises(Unavailable) as caught:
        next(rows.read(None))
    assert "hunter2" not in str(caught.value)
