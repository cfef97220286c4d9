"""The shape the catalogue gives to a source's rows: columns and types, time and key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amml_ingress._shared.cells import present, read_cells, read_times
from amml_runtime.batch import KEY, TIME, Array, Batch, Refusal
from amml_runtime.envelope.schema import change, fault, word_of
from amml_runtime.keys import keys_of

WIDER = ("float", "int")  # what is expected, and what may stand in its place


@dataclass(frozen=True)
class Shape:
    """What the catalogue's entry says of a source's rows."""

    columns: Mapping[str, str]  # name -> type, in order
    time: str | None
    tz: str
    key: tuple[str, ...]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Shape":
        """The shape in an entry of the source catalogue."""
        columns = {column["name"]: column["type"] for column in entry["columns"]}
        key = tuple(entry.get("key") or ())
        return cls(columns, entry.get("time"), entry.get("tz") or "UTC", key)

    def covering(self, batch: Batch, topic: str) -> "Shape":
        """This shape with the columns that typed rows have beyond it, as they are.

        Errors: WorkflowFault, a column of the entry is not among them or has another type; whole
            numbers may stand where the entry has `float`.
        """
        found = {name: word_of(batch.column(name).type) for name in batch.names}
        widened = {n for n, word in self.columns.items() if (word, found.get(n)) == WIDER}
        said = change({n: w for n, w in self.columns.items() if n not in widened}, found)
        if said:
            raise fault(topic, f"other than the source catalogue says, {said}")
        for name in (*([self.time] if self.time else []), *self.key):
            if name not in found:
                raise fault(topic, f"column `{name}`, named by --time or --key, is not there")
        further = {name: word for name, word in found.items() if name not in self.columns}
        return replace(self, columns={**self.columns, **further})

    def apply(self, raw: Batch) -> tuple[Batch, list[Refusal]]:
        """The rows in this shape, and those with a cell that cannot be read."""
        cells = {name: _column(raw, name, type_) for name, type_ in self.columns.items()}
        read = {name: read_cells(cells[name], self.columns[name], self.tz) for name in cells}
        times = read_times(read[self.time], self.tz) if self.time else raw.times
        batch = Batch(pa.RecordBatch.from_pydict({TIME: times, KEY: raw.keys, **read}))
        if self.key:
            batch = batch.with_keys(keys_of(batch, self.key))
        return self._without_unread(batch, raw, cells)

    def _without_unread(
        self, batch: Batch, raw: Batch, cells: Mapping[str, Array]
    ) -> tuple[Batch, list[Refusal]]:
        """Leave out the rows with a cell that is there and was not read, for the first of them."""
        kept = pa.repeat(True, batch.rows)
        refused: list[Refusal] = []
        for name, type_, values in self._targets(batch):
            if values.null_count == cells[name].null_count:
                continue
            good = pc.or_(pc.is_valid(values), pc.is_null(cells[name]))
            rows = raw.filter(pc.and_not(kept, good))
            if rows.rows:
                refused.append(Refusal(rows, f"column `{name}` holds what is no {type_}"))
            kept = pc.and_(kept, good)
        return (batch.filter(kept) if refused else batch), refused

    def _targets(self, batch: Batch) -> Iterator[tuple[str, str, Array]]:
        """Each column that was read: its name, what it had to be, and what it is."""
        for name, type_ in self.columns.items():
            yield name, type_, batch.column(name)
        if self.time:
            yield self.time, "timestamp", batch.times


def _column(raw: Batch, name: str, type_: str) -> Array:
    """A column that records lack is null in them."""
    values = raw.column(name) if name in raw.schema.names else pa.nulls(raw.rows)
    return present(values, type_)
