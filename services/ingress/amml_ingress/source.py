"""`source`: rows of the source catalogue, or of the lake."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from amml_ingress._shared import Shape, read_rows, without_unmatched
from amml_ingress._shared.lake_bounds import bound, columns_of
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Files, Portion, handed
from amml_runtime.state import State, Value


class Tables(Protocol):
    """The door to tables of databases; `_shared/tables.py` is the real one."""

    def read(self, entry: Mapping[str, Any], last: Any) -> Iterator[tuple[Batch, Any]]:
        """New rows, and where they end, for ever."""
        ...


class History(Protocol):
    """The door to the lake; `_shared/lake_history.py` is the real one."""

    def read(
        self, entry: Mapping[str, Any], first: int | None, until: int | None, position: Value
    ) -> Iterator[Portion]:
        """Rows of some time, from a position on."""
        ...

    def kept(self, entry: Mapping[str, Any], position: Value) -> None:
        """What was read is committed."""
        ...

    def ends(self, position: Value) -> Mapping[str, Value]:
        """Where the topics go on."""
        ...


@dataclass(frozen=True)
class Source(AbstractIngress):
    """Read a file, a topic or a table that the source catalogue knows, or a data set of the lake.

    Parameters:
        id: the entry's name, as `amml source add` gave it; "lake:NAME" for a data set.
        from: of the lake: only rows of that time or later, as "2022-04-01" or
            "2022-04-01T12:00", in the zone of the data set's folders unless it names another.
        to: of the lake: only rows before that time.
        then: of the lake: "topic" goes on with the live rows that the data set is written from,
            exactly where its last row was.
    Adds: `_time`, parsed from the entry's time column (UTC, or the entry's zone where the
        text names none), and `_key`, the text of its key column or a JSON array of several.
        All columns of the entry, in their catalogue types; a missing one is null. A topic
        that Kafka Connect fills may get further columns while it is read.
    Errors: a row with a cell that cannot be read goes to the dead letters; a file that is
        not what was catalogued stops the step, and so do records of Kafka Connect's that
        lack a column of the entry or have another type for it.

    The position in a file is the number of its next row, in a table the value of the last one, so
    a restart goes on exactly there. Of a log, the lines that its pattern does not match are dead
    letters. A data set is read as it is when the reading begins, in the order of time.

    >>> run('source id="ett"')["OT"]
    [30.5, None]
    """

    stateless = True

    id: str
    from_: str = ""
    to: str = ""
    then_: str = ""
    entry: Mapping[str, Any] = handed("entry")
    files: Files = handed("files")
    tables: Tables = handed("amml_ingress._shared.tables:Tables")
    lake: History = handed("amml_ingress._shared.lake_history:LakeHistory")

    def __post_init__(self) -> None:
        if self.entry["kind"] != "lake" and (self.from_ or self.to or self.then_):
            raise ValueError('`from`, `to` and `then` go with a data set: id="lake:NAME"')
        if self.then_ not in ("", "topic"):
            raise ValueError(f'`then` is {self.then_!r}, it may be "topic"')
        if self.then_ and self.to:
            raise ValueError("`to` ends what `then` would go on with: leave one of them out")
        first, until = self._bounds  # what cannot be read is told now
        if first is not None and until is not None and first >= until:
            raise ValueError(f"`from` is {self.from_}, and `to` is not later: {self.to}")

    def ends(self) -> bool:
        """A file does, a topic or a table does not; the lake does unless a topic follows."""
        return self.entry["kind"] in ("file", "lake") and not self.then_

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
        """The rows of the file, of the table, or of the lake."""
        if self.entry["kind"] == "lake":
            yield from self.lake.read(self.entry, *self._bounds, position)
            return
        for raw, after in self._raw(position):
            matched, unmatched = without_unmatched(raw)
            batch, refused = self._shape.apply(matched)
            yield Portion(batch, after, (*unmatched, *refused))

    def kept(self, position: Value) -> None:
        """What was read of the lake is committed."""
        if self.entry["kind"] == "lake":
            self.lake.kept(self.entry, position)

    def then(self, position: Value) -> Mapping[str, Value]:
        """After the lake, the topics from its last offsets on."""
        return self.lake.ends(position)

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
        if self.entry["kind"] == "lake":  # of which only the columns are asked, at plan time
            return columns_of(self.entry)
        shape = self._shape
        if self.entry.get("format") == "connect" and batch.rows:
            shape = shape.covering(batch, self.entry["topic"])
        good, refused = shape.apply(batch)
        for each in refused:
            state.refuse(each.rows, each.reason)
        return good

    @cached_property
    def _bounds(self) -> tuple[int | None, int | None]:
        zone = self.entry.get("tz") or "UTC"
        return bound("from", self.from_, zone), bound("to", self.to, zone)

    @cached_property
    def _shape(self) -> Shape:
        return Shape.of(self.entry)
