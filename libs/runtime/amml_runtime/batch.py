"""A batch: rows as Arrow columns, with the columns' science in their metadata."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime.errors import BatchesDiffer

TIME = "_time"
KEY = "_key"
TIME_TYPE = pa.timestamp("us", tz="UTC")

Row: TypeAlias = dict[str, Any]
Meta: TypeAlias = Mapping[str, Any]
Array: TypeAlias = "pa.Array[Any]"

_META = b"amml"  # the key under which a field's metadata holds our JSON document


@dataclass(frozen=True)
class Batch:
    """Rows as columns; every batch has `_time` (timestamp[us, UTC]) and `_key` (string).

    Both may be null, stand first, and survive `select` and `drop`. A column may carry
    a document of metadata, such as a scaler's parameters; what keeps a column keeps its
    document, what computes or replaces one drops it.

    >>> batch = Batch.from_rows([{"a": 1, "_key": "x"}, {"a": 2}])
    >>> batch.rows, batch.names
    (2, ['a'])
    >>> batch.with_column("b", pc.multiply(batch.column("a"), 10)).to_rows()
    [{'_time': None, '_key': 'x', 'a': 1, 'b': 10}, {'_time': None, '_key': None, 'a': 2, 'b': 20}]
    """

    data: pa.RecordBatch

    def __post_init__(self) -> None:
        names = self.data.schema.names
        if names[:2] != [TIME, KEY]:
            object.__setattr__(self, "data", _with_time_and_key(self.data))

    @classmethod
    def from_rows(
        cls, rows: Iterable[Mapping[str, Any]], schema: pa.Schema | None = None
    ) -> "Batch":
        """A batch of dictionaries; a name some rows lack is null there."""
        records = [dict(row) for row in rows]
        if schema is None:
            names = dict.fromkeys(name for row in records for name in row)
            columns = {name: pa.array([row.get(name) for row in records]) for name in names}
            return cls(_with_time_and_key(pa.RecordBatch.from_pydict(columns)))
        return cls(pa.RecordBatch.from_pylist(records, schema=schema))

    @classmethod
    def empty(cls) -> "Batch":
        """No rows, and no columns but `_time` and `_key`."""
        return cls(pa.RecordBatch.from_pydict({}))

    @classmethod
    def concat(cls, batches: Sequence["Batch"]) -> "Batch":
        """The batches' rows one after the other.

        Raises `BatchesDiffer` where columns, types or the columns' metadata are not the same:
        Arrow alone would keep the first's metadata without a word.
        """
        first, *others = batches
        for other in others:
            if not other.schema.equals(first.schema, check_metadata=True):
                raise BatchesDiffer(describe_difference(first.schema, other.schema))
        if not others:
            return first
        data = [batch.data for batch in batches]
        return cls(pa.concat_batches(data))  # pyright: ignore[reportAttributeAccessIssue] (stubs lack it)

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.data.num_rows

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, metadata included."""
        return self.data.schema

    @property
    def names(self) -> list[str]:
        """The columns' names, without `_time` and `_key`."""
        return self.data.schema.names[2:]

    @property
    def times(self) -> Array:
        """The event times."""
        return self.data.column(0)

    @property
    def keys(self) -> Array:
        """The keys, as strings."""
        return self.data.column(1)

    def column(self, name: str) -> Array:
        """The column of that name; raises `KeyError`."""
        return self.data.column(name)

    def meta(self, name: str) -> dict[str, Any]:
        """The column's document of metadata; empty if it has none."""
        metadata = self.data.schema.field(name).metadata or {}
        return json.loads(metadata.get(_META, b"{}"))

    def with_column(self, name: str, values: Array, meta: Meta | None = None) -> "Batch":
        """With a column added at the end, or replaced in its place; its metadata is only `meta`."""
        field = _field(name, values.type, meta)
        at = self.data.schema.get_field_index(name)
        if at < 0:
            return Batch(self.data.append_column(field, values))
        return Batch(self.data.set_column(at, field, values))

    def select(self, names: Sequence[str]) -> "Batch":
        """Those columns in that order, beside `_time` and `_key`."""
        wanted = [TIME, KEY, *(name for name in names if name not in (TIME, KEY))]
        return Batch(self.data.select(wanted))

    def drop(self, names: Sequence[str]) -> "Batch":
        """Without those columns; `_time` and `_key` stay."""
        return self.select([name for name in self.names if name not in names])

    def filter(self, mask: Array) -> "Batch":
        """The rows where `mask` is true; null is not."""
        return Batch(self.data.filter(mask))

    def take(self, indices: Array) -> "Batch":
        """The rows at `indices`, in that order."""
        return Batch(self.data.take(indices))

    def slice(self, start: int, length: int | None = None) -> "Batch":
        """The rows from `start` on, `length` of them at the most."""
        return Batch(self.data.slice(start, length))

    def to_rows(self) -> list[Row]:
        """The rows as dictionaries."""
        return self.data.to_pylist()

    def with_times(self, times: Array) -> "Batch":
        """With other event times."""
        return Batch(self.data.set_column(0, pa.field(TIME, TIME_TYPE), times.cast(TIME_TYPE)))

    def with_keys(self, keys: Array) -> "Batch":
        """With other keys."""
        return Batch(self.data.set_column(1, pa.field(KEY, pa.string()), keys.cast(pa.string())))

    def newest(self) -> datetime | None:
        """The largest event time."""
        return pc.max(self.times).as_py()


class Refusal(NamedTuple):
    """Rows that cannot be processed, for one reason, in the dead letters' words.

    `label` names the step that refused them, where several share a process.
    """

    rows: Batch
    reason: str
    label: str = ""


def describe_difference(expected: pa.Schema, found: pa.Schema) -> str:
    """The first difference between two schemas, in one sentence."""
    for name in dict.fromkeys([*expected.names, *found.names]):
        if name not in found.names:
            return f"column `{name}` is missing"
        if name not in expected.names:
            return f"column `{name}` was not there before"
        before, after = expected.field(name), found.field(name)
        if before.type != after.type:
            return f"column `{name}` is {after.type}, expected {before.type}"
        if (before.metadata or {}) != (after.metadata or {}):
            return f"column `{name}` carries {after.metadata}, expected {before.metadata}"
    return "the columns stand in another order"


def _field(name: str, type_: pa.DataType, meta: Meta | None) -> "pa.Field[Any]":
    document = {_META: json.dumps(meta, sort_keys=True).encode()} if meta else None
    return pa.field(name, type_, metadata=document)


def _with_time_and_key(data: pa.RecordBatch) -> pa.RecordBatch:
    """`_time` and `_key` put first, null where the data has none."""
    names = data.schema.names
    times = data.column(TIME) if TIME in names else pa.nulls(data.num_rows)
    keys = data.column(KEY) if KEY in names else pa.nulls(data.num_rows)
    others = [data.schema.field(name) for name in names if name not in (TIME, KEY)]
    return pa.RecordBatch.from_arrays(
        [times.cast(TIME_TYPE), keys.cast(pa.string()), *(data.column(f.name) for f in others)],
        schema=pa.schema([pa.field(TIME, TIME_TYPE), pa.field(KEY, pa.string()), *others]),
    )
