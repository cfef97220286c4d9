"""`source`: rows of the source catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from amml_ingress._shared import Shape, read_rows
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Files, Portion, handed
from amml_runtime.state import State, Value


@dataclass(frozen=True)
class Source(AbstractIngress):
    """Read a file or a topic that the source catalogue knows.

    Parameters:
        id: the entry's name, as `amml source add` gave it.
    Adds: `_time`, parsed from the entry's time column (UTC, or the entry's zone where the
        text names none), and `_key`, the text of its key column or a JSON array of several.
        All columns of the entry, in their catalogue types; a missing one is null. A topic
        that Kafka Connect fills may get further columns while it is read.
    Errors: a row with a cell that cannot be read goes to the dead letters; a file that is
        not what was catalogued stops the step, and so do records of Kafka Connect's that
        lack a column of the entry or have another type for it.

    The position in a file is the number of its next row, so a restart goes on exactly there.

    >>> run('source id="ett"')["OT"]
    [30.5, None]
    """

    stateless = True

    id: str
    entry: Mapping[str, Any] = handed("entry")
    files: Files = handed("files")

    def ends(self) -> bool:
        """A file does, a topic does not."""
        return self.entry["kind"] == "file"

    def guarantee(self) -> str:
        """Before a topic that Kafka Connect fills, the connector's promise counts."""
        if self.entry.get("format") != "connect":
            return "exactly once"
        connector = self.entry.get("connector")
        whose = f"connector `{connector}`" if connector else "its connector"
        return (
            f"exactly once from its topic on; into it as {whose} writes: exactly once where it "
            "and its worker support that, else at least once"
        )

    def read(self, position: Value) -> Iterator[Portion]:
        """The file's rows."""
        row = position or 0
        path = self.files.fetch(self.entry["sha256"])
        for raw in read_rows(path, self.entry["format"], self._shape.columns, row):
            row += raw.rows
            batch, refused = self._shape.apply(raw)
            yield Portion(batch, row, tuple(refused))

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
