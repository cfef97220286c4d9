"""Rows on their way into files: a file for each folder, in memory, already as Parquet."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amml_lake.manifest import Column
from amml_lake.partitions import Partitions

GROUP_BYTES = 16 << 20  # of a row group, as Arrow has it in memory
_META = b"amml"


class Encoder:
    """One Parquet file in the making: zstd, row groups of about `group_bytes`."""

    def __init__(self, schema: pa.Schema, group_bytes: int = GROUP_BYTES) -> None:
        self._schema = schema
        self._group_bytes = group_bytes
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(
            self._sink,
            schema,
            compression="zstd",
            use_dictionary=cast(Any, [f.name for f in schema if not pa.types.is_floating(f.type)]),
        )
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0
        self.rows = 0

    @property
    def bytes(self) -> int:
        """How much it takes: what is encoded, and what waits for its row group."""
        return self._sink.tell() + self._waiting_bytes

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows."""
        self._waiting.append(batch)
        self._waiting_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self._waiting_bytes >= self._group_bytes:
            self._write_group()

    def close(self) -> pa.Buffer:
        """The whole file; nothing can be added any more."""
        if self._waiting or not self.rows:
            self._write_group()
        self._writer.close()
        return self._sink.getvalue()

    def _write_group(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._waiting, self._waiting_bytes = [], 0


@dataclass
class _Part:
    """The rows of one folder, in one schema."""

    encoder: Encoder
    first: int | None = None
    last: int | None = None

    def add(self, batch: pa.RecordBatch, times: "pa.Array[Any]") -> None:
        self.encoder.add(batch)
        found: Any = pc.min_max(times.cast(pa.int64())).as_py()
        known = [t for t in (self.first, self.last, *found.values()) if t is not None]
        self.first, self.last = min(known, default=None), max(known, default=None)


@dataclass(frozen=True)
class Made:
    """A file that is ready: its folder, which of its folder's files it is, and what it holds."""

    folder: str
    number: int
    data: pa.Buffer
    rows: int
    first: int | None
    last: int | None


@dataclass
class Buffer:
    """Rows of one chain since its last commit, by folder.

    Columns of type null, of which nothing is known yet, are left out: they read as null anyway.

    Parameters:
        partitions: which folder a row belongs to.
        time: the column that tells.
    """

    partitions: Partitions
    time: str = "_time"
    _parts: dict[tuple[str, bytes], _Part] = field(
        default_factory=dict[tuple[str, bytes], _Part], init=False
    )

    @property
    def bytes(self) -> int:
        """How much all files take now."""
        return sum(part.encoder.bytes for part in self._parts.values())

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(part.encoder.rows for part in self._parts.values())

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows; `batch` has the time column, of type timestamp[us, UTC]."""
        batch = without_nulls(batch)
        times = batch.column(self.time)
        for folder, rows in self.partitions.split(times):
            part = batch if rows is None else batch.take(pa.array(rows, pa.int64()))
            self._part(folder, batch.schema).add(part, part.column(self.time))

    def files(self) -> Iterator[Made]:
        """The files, closed; the buffer is empty then."""
        parts, self._parts = self._parts, {}
        numbers: dict[str, int] = {}
        for (folder, _), part in parts.items():
            number = numbers[folder] = numbers.get(folder, -1) + 1
            data = part.encoder.close()
            yield Made(folder, number, data, part.encoder.rows, part.first, part.last)

    def _part(self, folder: str, schema: pa.Schema) -> _Part:
        key = (folder, schema.serialize().to_pybytes())  # with metadata, which `==` leaves out
        found = self._parts.get(key)
        if found is None:
            found = self._parts[key] = _Part(Encoder(schema))
        return found


def without_nulls(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Without the columns of which nothing is known but that they are null."""
    known = [f.name for f in batch.schema if not pa.types.is_null(f.type)]
    return batch if len(known) == batch.num_columns else batch.select(known)


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns as a manifest has them.

    >>> columns_of(pa.schema([("co2", pa.float64())]))
    (Column(name='co2', type='double', meta=None),)
    """
    return tuple(Column(f.name, str(f.type), _meta(f)) for f in schema)


def merged(known: Sequence[Column], new: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of both, those known first; of one in both, the newer metadata counts."""
    newer = {each.name: each for each in new}
    old = {each.name for each in known}
    return (
        *(newer.get(each.name, each) for each in known),
        *(each for each in new if each.name not in old),
    )


def _meta(column: "pa.Field[Any]") -> Any:
    text = (column.metadata or {}).get(_META)
    return json.loads(text) if text else None
