"""`source`: rows of the source catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from amml_ingress._shared import Shape, read_rows, without_unmatched
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Files, Portion, handed
from amml_runtime.state import State, Value


class Tables(Protocol):
    """The door to tables of databases; `_shared/tables.py` is the real one."""

    def read(self, entry: Mapping[str, Any], last: Any) -> Iterator[tuple[Batch, Any]]:
        """New rows, and where they end, for ever."""
        ...


@dataclass(frozen=True)
class Source(AbstractIngress):
    """Read a file, a topic or a table that the source catalogue knows.

    Parameters:
        id: the entry's name, as `amml source add` gave it.
    Adds: `_time`, parsed from the entry's time column (UTC, or the entry's zone where the
        text names none), and `_key`, the text of its key column or a JSON array of several.
        All columns of the entry, in their catalogue types; a missing one is null. A topic
        that Kafka Connect fills may get further columns while it is read.
    Errors: a row with a cell that cannot be read goes to the dead letters; a file that is
        not what was catalogued stops the step, and so do records of Kafka Connect's that
        lack a column of the entry or have another type for it.

    The position in a file is the number of its next row, in a table the value of the last one, so
    a restart goes on exactly there. Of a log, the lines that its pattern does not match are dead
    letters.

    >>> run('source id="ett"')["OT"]
    [30.5, None]
    """

    stateless = True

    id: str
    entry: Mapping[str, Any] = handed("entry")
    files: Files = handed("files")
    tables: Tables = handed("amml_ingress._shared.tables:Tables")

    def ends(self) -> bool:
        """A file does, a topic or a table does not."""
        return self.entry["kind"] == "file"

    def guarantee(self) -> str:
        """Before a topic that Kafka Connect fills, the connector's promise counts."""
        if self.entry["kind"] == "table":
            by = self.entry["by"]
            return f"exactly once, of rows that get `{by}` from the database and keep it"
        if self.entry.get("format") != "connect":
            return "exactly once"
        connector = self.entry.get("connector")
        whose = f"connector `{connector}`" if connector else "its connector"
        return (
            f"exactly once from its topic on; into it as {whose} writes: exactly once where it "
            "and its worker support that, else at least once"
        )

    def read(self, position: Value) -> Iterator[Portion]:
        """The rows of the file, or of the table."""
        for raw, after in self._raw(position):
            matched, unmatched = without_unmatched(raw)
            batch, refused = self._shape.apply(matched)
            yield Portion(batch, after, (*unmatched, *refused))

    def _raw(self, position: Value) -> Iterator[tuple[Batch, Value]]:
        """Rows as they stand there, with the position after them."""
        if self.entry["kind"] == "table":
            yield from self.tables.read(self.entry, position)
            return
        row = position or 0
        path, pattern = self.files.fetch(self.entry["sha256"]), self.entry.get("pattern", "")
        for raw in read_rows(path, self.entry["format"], self._shape.columns, row, pattern):
            row += raw.rows
            yield raw, row

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The topic's records; those with a schema of their own may have further columns."""
        shape = self._shape
        if self.entry.get("format") == "connect" and batch.rows:
            shape = shape.covering(batch, self.entry["topic"])
        good, refused = shape.apply(batch)
        for each in refused:
            state.refuse(each.rows, each.reason)
        return good

    @cached_property
    def _shape(self) -> Shape:
        return Shape.of(self.entry)
