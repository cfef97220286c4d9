"""`to_table` on a real PostgreSQL: rows and offset together, whatever the columns are called."""

import uuid
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pyarrow as pa
import pytest

from amml_egress._shared.table_errors import connected, passes
from amml_egress._shared.table_writer import TableWriter
from amml_egress.to_table import ToTable
from amml_runtime.batch import Batch
from amml_runtime.component import Book, Column, Origin, Place, Secret
from amml_runtime.errors import Fenced, Unavailable, WorkflowFault
from amml_runtime.secrets import Secrets
from amml_runtime.spec import StepSpec
from amml_runtime.testing import batch_of

HERE = Place("amml.hot.r1.filter", 0, "ab")
TIME = datetime(2016, 7, 1, 12, 30, 0, 250_000, UTC)
Ask: TypeAlias = Callable[[str], list[Any]]
Make: TypeAlias = Callable[..., ToTable]


@pytest.fixture
def schema(database_url: str) -> Generator[str]:
    """A schema of its own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    asked(database_url, f"CREATE SCHEMA {name}")
    yield name
    asked(database_url, f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def ask(database_url: str, schema: str) -> Ask:
    """Ask the database; `{}` is the schema."""
    return lambda text: asked(database_url, text.replace("{}", schema))


@pytest.fixture
def to_table(database_url: str, schema: str, tmp_path: Path) -> Make:
    """The component with its real client."""
    (tmp_path / "hall").write_text(database_url, encoding="utf-8")

    def make(table: str = "events", by: tuple[str, ...] = ()) -> ToTable:
        spec = StepSpec("amml", "hot", 1, "to_table", "write", "", "i")
        columns = tuple(map(Column, by))
        writer = TableWriter(spec, Secrets(tmp_path))
        return ToTable(f"{schema}.{table}", Secret("hall"), columns, writer=writer)

    return make


def asked(url: str, text: str) -> list[Any]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def kept(table: ToTable, batch: Batch, first: int = 0) -> None:
    """Write a batch whose rows are messages from offset `first` on, and keep it."""
    end = first + batch.rows
    table.write(batch, Origin(HERE.topic, HERE.partition, first, end))
    table.keep({HERE: Book(end, {"0": end}, {"at": end, "raw": b"\xff"})})


@pytest.mark.platform
def test_rows_of_every_type_come_back_as_they_were(to_table: Make, ask: Ask) -> None:
    table = to_table()
    assert table.resume(HERE) is None
    columns = {
        "_time": [TIME, None],
        "_key": ["a,\"b'\n", ""],
        "n": pa.array([1 << 62, None], pa.int64()),
        "big": pa.array([(1 << 64) - 1, 0], pa.uint64()),
        "x": [0.1, float("nan")],
        "ok": [True, None],
        "text": ["\\N", "a\0b"],
        "day": [date(2016, 7, 1), None],
        "local": [datetime(2016, 7, 1, 1), None],
        "took": [timedelta(seconds=1.5), None],
        "many": [[1, 2], None],
        "nothing": [None, None],
    }
    kept(table, Batch(pa.RecordBatch.from_pydict(columns)))
    first, second = ask("SELECT * FROM {}.events ORDER BY n NULLS LAST")
    assert first == (
        *(TIME, "a,\"b'\n", 1 << 62, (1 << 64) - 1, 0.1, True, "\\N"),
        *(date(2016, 7, 1), datetime(2016, 7, 1, 1), 1.5, [1, 2]),
    )
    assert second == (None, "", None, 0, None, None, "a\ufffdb", None, None, None, None)


@pytest.mark.platform
def test_a_restart_goes_on_where_the_rows_end(to_table: Make, ask: Ask) -> None:
    table = to_table()
    table.resume(HERE)
    rows = batch_of({"n": [1.0, 2.0, 3.0]})
    kept(table, rows.slice(0, 2))
    found = to_table().resume(HERE)
    assert found == Book(2, {"0": 2}, {"at": 2, "raw": b"\xff"})
    assert to_table().resume(HERE._replace(life="cd")) is None, "another life begins anew"
    assert ask("SELECT n FROM {}.events ORDER BY n") == [(1.0,), (2.0,)]


@pytest.mark.platform
def test_a_commit_whose_answer_was_lost_is_not_done_twice(to_table: Make, ask: Ask) -> None:
    table = to_table()
    table.resume(HERE)
    for _ in range(2):
        kept(table, batch_of({"n": [1.0, 2.0]}))
    assert ask("SELECT count(*) FROM {}.events") == [(2,)]


@pytest.mark.platform
def test_of_two_writers_the_older_is_shut_out(to_table: Make, ask: Ask) -> None:
    older, newer = to_table(), to_table()
    older.resume(HERE)
    newer.resume(HERE)
    with pytest.raises(Fenced, match="a newer process writes"):
        kept(older, batch_of({"n": [1.0]}))
    kept(newer, batch_of({"n": [2.0]}))
    assert ask("SELECT n FROM {}.events") == [(2.0,)]


@pytest.mark.platform
def test_a_later_row_takes_the_place_of_the_one_that_agrees_in_by(to_table: Make, ask: Ask) -> None:
    table = to_table(by=("id", "_key"))
    table.resume(HERE)
    rows = {"_key": ["a", "a", "b"], "id": [1.0, 1.0, 1.0], "x": ["old", "new", "b"]}
    kept(table, batch_of(rows))
    kept(table, batch_of({"_key": ["b"], "id": [1.0], "x": ["later"]}), 3)
    assert ask("SELECT _key, x FROM {}.events ORDER BY 1") == [("a", "new"), ("b", "later")]
    with pytest.raises(WorkflowFault, match="no column `id`; there are: x"):
        kept(table, batch_of({"_key": ["b"], "x": ["?"]}), 4)


@pytest.mark.platform
def test_columns_are_added_and_never_changed(to_table: Make, ask: Ask) -> None:
    ask("CREATE TABLE {}.events (own serial, a integer, _key varchar(20))")
    table = to_table()
    table.resume(HERE)
    kept(table, batch_of({"a": [1], "_key": ["k"]}))
    kept(table, batch_of({"a": [2], "Üb\"er %s; --'": ["x"]}), 1)
    assert ask('SELECT own, a, _key, "Üb""er %s; --\'" FROM {}.events ORDER BY own') == [
        (1, 1, "k", None),
        (2, 2, None, "x"),
    ]


@pytest.mark.platform
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"a": [0.5]}, "column `a` is integer there, and double here"),
        ({"ü" * 32: [1]}, "names of up to 63 bytes"),
        ({"a": [1 << 40]}, "out of range for type integer"),
    ],
)
def test_what_the_table_cannot_take_stops_the_step_and_changes_nothing(
    to_table: Make, ask: Ask, rows: dict[str, list[Any]], said: str
) -> None:
    ask("CREATE TABLE {}.events (a integer)")
    table = to_table()
    table.resume(HERE)
    with pytest.raises(WorkflowFault, match=said):
        kept(table, batch_of(rows))
    assert ask("SELECT count(*) FROM {}.events") == [(0,)]
    assert to_table().resume(HERE) is None


@pytest.mark.platform
def test_a_row_that_the_table_can_never_take_stops_the_step(to_table: Make, ask: Ask) -> None:
    table = to_table(by=("note",))
    table.resume(HERE)
    note = b"".join(sha256(bytes([n & 255, n >> 8])).digest() for n in range(800)).hex()
    with pytest.raises(WorkflowFault, match="index row"):
        kept(table, batch_of({"note": [note]}))


@pytest.mark.platform
def test_a_user_or_database_that_the_server_does_not_know_stops_the_step(
    database_url: str,
) -> None:
    place = urlsplit(database_url)
    for wrong in (
        place._replace(netloc=f"nobody:hush@{place.hostname}:{place.port}"),
        place._replace(path="/no_such_database"),
    ):
        with pytest.raises(WorkflowFault, match="amml secret set hall") as error:
            connected(urlunsplit(wrong), "hall")
        assert "hush" not in str(error.value)


def test_a_database_that_is_away_is_waited_for_and_no_message_holds_its_password() -> None:
    with pytest.raises(Unavailable, match="no connection to 127.0.0.1:1") as error:
        connected("postgresql://amml:hush@127.0.0.1:1/x", "hall")
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        "hush",
        "postgresql://u:hu/sh@127.0.0.1:1/db",
        "postgresql://u:12/hush@127.0.0.1:1/db",
        "postgresql://u:x@hush@127.0.0.1:1/db",
    ],
)
def test_what_is_no_address_stops_the_step_and_no_part_of_it_is_told(address: str) -> None:
    with pytest.raises(WorkflowFault, match="secret `hall` holds no address") as error:
        connected(address, "hall")
    assert "hush" not in str(error.value) and "`hu`" not in str(error.value)


def test_what_a_server_can_never_do_is_not_waited_for() -> None:
    waited = [code for code in ("08006", "40P01", "53300", "55P03", "57014") if passes(code)]
    assert len(waited) == 5
    assert not any(map(passes, ("54000", "28P01", "3D000", "22P02", "42501")))


def test_wrong_arguments_are_named() -> None:
    for table in ("", "a.b.c", 'x"; DROP TABLE y; --', "1a", "amml_offsets", "s.amml_offsets"):
        with pytest.raises(ValueError, match="table"):
            ToTable(table, Secret("hall"), writer=TableWriter.__new__(TableWriter))
