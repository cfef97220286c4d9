"""The rows of many files in the order of their time, with only a slice of them in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amml_lake.buffer import columns_of
from amml_lake.manifest import DataFile

TIME = "_time"
SLICE_BYTES = 32 << 20  # of rows in memory, as Arrow has them
_SEVERAL = 1 << 20  # bytes that go on together


@dataclass(frozen=True)
class Source:
    """An open file, whose rows all have a time."""

    file: DataFile
    opened: pq.ParquetFile

    @property
    def fields(self) -> "dict[str, pa.Field[Any]]":
        """Its columns by name."""
        return {field.name: field for field in self.opened.schema_arrow}

    def bounds(self, group: int) -> tuple[int, int]:
        """The least and the greatest time in a row group, as far as is known."""
        names: list[str] = self.opened.schema_arrow.names
        found = self.opened.metadata.row_group(group).column(names.index(TIME)).statistics
        if found is None or not found.has_min_max:
            return self.file.first or 0, self.file.last or 0
        least, greatest = cast("tuple[int, int]", (found.min_raw, found.max_raw))
        return least, greatest


def alike(sources: Sequence[Source]) -> list[list[Source]]:
    """The sources whose rows may stand in one file: what they both have, means the same in both.

    A column that only some of them have is null in the others.
    """
    found: list[tuple[dict[str, pa.Field[Any]], list[Source]]] = []
    for source in sources:
        for fields, group in found:
            if _agree(fields, source.fields):
                group.append(source)
                fields |= {name: f for name, f in source.fields.items() if name not in fields}
                break
        else:
            found.append((dict(source.fields), [source]))
    return [group for _, group in found]


def union(sources: Sequence[Source]) -> pa.Schema:
    """The columns of all of them, those of the first first."""
    fields: dict[str, pa.Field[Any]] = {}
    for source in sources:
        fields |= {name: _bare(f) for name, f in source.fields.items() if name not in fields}
    return pa.schema(list(fields.values()))


def ordered(
    sources: Sequence[Source], schema: pa.Schema, most: int = SLICE_BYTES
) -> Iterator[pa.RecordBatch]:
    """All rows by time; those of one time in the order of the sources, and there as they stand.

    Parameters:
        most: bytes in memory; only rows of the very same time may be more.
    """
    first = min(each.file.first for each in sources if each.file.first is not None)
    last = max(each.file.last for each in sources if each.file.last is not None)
    waiting = [(first, last + 1)]
    while waiting:
        low, high = waiting.pop()
        table, is_all = _read(sources, schema, low, high, most)
        if not is_all:
            middle = _middle(table, low)
            waiting += [(middle, high), (low, middle)]
        elif table.num_rows:
            yield from _sorted(table)


def _read(
    sources: Sequence[Source], schema: pa.Schema, low: int, high: int, most: int
) -> tuple[pa.Table, bool]:
    """The rows of the times `[low, high)` as they came, and whether these are all.

    They are not if there are more than `most` bytes, unless all are of one time.
    """
    parts = [schema.empty_table()]
    size = 0
    for source in sources:
        for group in range(source.opened.num_row_groups):
            first, last = source.bounds(group)
            if last < low or first >= high:
                continue
            part = source.opened.read_row_group(group)
            part = part if low <= first and last < high else _within(part, low, high)
            parts.append(_widened(part, schema))
            size += part.nbytes
            if size > most and high - low > 1:
                return pa.concat_tables(parts), False
    return pa.concat_tables(parts), True


def _middle(table: pa.Table, low: int) -> int:
    """A time with about as many rows before it as after it, but some after `low`."""
    times = np.asarray(table[TIME].cast(pa.int64()))
    return max(int(np.median(times)), low + 1)


def _sorted(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows by time, and those of one time as they stand."""
    order: Any = pc.sort_indices(table, sort_keys=[(TIME, "ascending")])  # which is stable
    rows = max(_SEVERAL * table.num_rows // table.nbytes, 1)
    yield from table.take(order).combine_chunks().to_batches(rows)


def _within(table: pa.Table, low: int, high: int) -> pa.Table:
    times = table[TIME].cast(pa.int64())
    after = pc.call_function("greater_equal", [times, pa.scalar(low)])
    return table.filter(pc.and_(after, pc.call_function("less", [times, pa.scalar(high)])))


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The same rows with all columns."""
    there = set(table.schema.names)
    columns: list[Any] = [
        table[f.name] if f.name in there else pa.nulls(table.num_rows, f.type) for f in schema
    ]
    return pa.table(columns, schema=schema)


def _agree(one: "dict[str, pa.Field[Any]]", other: "dict[str, pa.Field[Any]]") -> bool:
    shared = one.keys() & other.keys()
    return all(_meaning(one[name]) == _meaning(other[name]) for name in shared)


def _meaning(field: "pa.Field[Any]") -> Any:
    return columns_of(pa.schema([field]))


def _bare(field: "pa.Field[Any]") -> "pa.Field[Any]":
    """Without what only says where it stood in its file."""
    kept: dict[bytes | str, bytes | str] = {
        key: value
        for key, value in (field.metadata or {}).items()
        if not key.startswith(b"PARQUET:")
    }
    return field.with_metadata(kept)
