"""`to_table`: rows into a table of PostgreSQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from amml_language.tree import Duration
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractEgress, Book, Columns, Origin, Place, Secret, handed

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,62}"
_MOST_ROWS = 10_000


class Table(Protocol):
    """The door to a table; `_shared/table_writer.py` is the real one."""

    @property
    def rows(self) -> int:
        """How many are held."""
        ...

    @property
    def seconds(self) -> float:
        """For how long something has been held."""
        ...

    def open(self, database: str, table: str, by: Sequence[str]) -> None:
        """Say where the rows go."""
        ...

    def resume(self, place: Place) -> Book | None:
        """Take a partition over, and say how far it is."""
        ...

    def take(self, batch: Batch, at: Origin) -> None:
        """Hold rows."""
        ...

    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit what is held."""
        ...


@dataclass(frozen=True)
class ToTable(AbstractEgress):
    """Keep rows in a table of your own PostgreSQL, each row exactly once.

    Parameters:
        table: its name, or `schema.name`; it is made if it is not there.
        database: the secret that holds its address, as `postgresql://user:password@host/database`.
        by: the columns that tell one row from another: a later row takes the place of the earlier
            one that agrees in all of them. Without them every row is a row of its own.
        roll: for how long rows may wait for others to come with them.
    Adds: nothing; `_time` and `_key` are columns of the table, with the others. NaN is null, a
        duration is its seconds, lists are JSON. A column that the table lacks is added to it.
    Errors: E214, what cannot be a table's name. A column of another type than the table's, a
        column of `by` that rows lack, or no rights in the database stop the step. While
        PostgreSQL does not answer the step waits, and goes on where it was.

    Rows and the offset after them are committed together, in one transaction; the offset is in the
    table `amml_offsets` beside it. A restart reads on from there, whatever Kafka knows.

    >>> run('to_table table="events", database=secret("hall"), by=_time', co2=[412.0, 415.0])
    {}
    """

    keeps = True

    table: str
    database: Secret
    by: Columns = ()
    roll: Duration = Duration(1_000_000)
    writer: Table = handed("amml_egress._shared.table_writer:TableWriter")

    def __post_init__(self) -> None:
        if not re.fullmatch(rf"({_NAME}\.)?{_NAME}", self.table):
            raise ValueError(f"`table` is {self.table[:80]!r}, one is events or sensors.events")
        if self.table.rpartition(".")[2] == "amml_offsets":
            raise ValueError("`amml_offsets` is where the offsets are kept; name another table")
        if self.roll.microseconds <= 0:
            raise ValueError("`roll` must be above 0")

    def guarantee(self) -> str:
        """Both are in one transaction, or neither is."""
        return "exactly once: rows and the next offset in one transaction of PostgreSQL"

    def write(self, batch: Batch, at: Origin) -> None:
        """Hold the rows until `keep`."""
        if batch.rows:
            self.writer.take(batch, at)

    def resume(self, place: Place) -> Book | None:
        """How far the table is; from now on no older process can write to it."""
        self.writer.open(self.database, self.table, self.by)
        return self.writer.resume(place)

    def is_due(self) -> bool:
        """Whether rows are many enough, or have waited long enough."""
        waited = self.writer.seconds * 1e6 >= self.roll.microseconds
        return self.writer.rows >= _MOST_ROWS or waited

    def keep(self, books: Mapping[Place, Book]) -> None:
        """Commit rows and offsets."""
        self.writer.keep(books)
