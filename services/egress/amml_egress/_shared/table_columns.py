"""Columns as PostgreSQL has them: their types, and rows as the text that `COPY` takes."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from amml_runtime.errors import WorkflowFault
from amml_runtime.records import dump

_LONGEST_NAME = 63  # bytes; PostgreSQL would cut off the rest without an error


class Kind(NamedTuple):
    """How PostgreSQL holds a kind of column.

    `made` is the type of a column that we add; `taken` those of one that is there already.
    """

    is_one: Callable[[pa.DataType], bool]
    made: str
    taken: tuple[str, ...]


_NUMBERS = ("double precision", "real", "numeric")
_KINDS = (
    Kind(pa.types.is_boolean, "boolean", ("boolean",)),
    Kind(pa.types.is_uint64, "numeric", ("numeric",)),
    Kind(pa.types.is_integer, "bigint", ("bigint", "integer", "smallint", *_NUMBERS)),
    Kind(pa.types.is_floating, "double precision", _NUMBERS),
    Kind(pa.types.is_string, "text", ("text", "character varying")),
    Kind(pa.types.is_date, "date", ("date",)),
)
_ZONED = Kind(pa.types.is_timestamp, "timestamp with time zone", ("timestamp with time zone",))
_LOCAL = Kind(
    pa.types.is_timestamp, "timestamp without time zone", ("timestamp without time zone",)
)
_OTHER = Kind(pa.types.is_nested, "json", ("json", "jsonb"))


def kind_of(type_: pa.DataType) -> Kind:
    """How PostgreSQL holds a column of that type; what it has no type for, as JSON.

    >>> kind_of(pa.float64()).made, kind_of(pa.list_(pa.int64())).made
    ('double precision', 'json')
    """
    if pa.types.is_timestamp(type_):
        return _ZONED if type_.tz else _LOCAL
    return next((kind for kind in _KINDS if kind.is_one(type_)), _OTHER)


def plain(table: pa.Table) -> pa.Table:
    """The columns with a type, as they are kept: NaN is null, a duration is its seconds."""
    known = [name for name in table.column_names if not pa.types.is_null(table[name].type)]
    return pa.table({name: _plain(table[name]) for name in known})


def missing(schema: pa.Schema, there: Mapping[str, str], table: str) -> dict[str, str]:
    """The columns that the table lacks, with the types they are to have.

    Parameters:
        there: names and types of the columns it has.
    Errors: WorkflowFault, a column of another type, or a name that PostgreSQL cannot have.

    >>> missing(pa.schema([("a", pa.int64()), ("b", pa.string())]), {"a": "integer"}, "t")
    {'b': 'text'}
    """
    found: dict[str, str] = {}
    for field in schema:
        kind, type_ = kind_of(field.type), there.get(field.name)
        if len(field.name.encode()) > _LONGEST_NAME:
            raise WorkflowFault(
                f"column `{field.name}`: PostgreSQL takes names of up to {_LONGEST_NAME} bytes; "
                "rename it with `eval`"
            )
        if type_ is None:
            found[field.name] = kind.made
        elif type_ not in kind.taken:
            raise WorkflowFault(
                f"table {table}: column `{field.name}` is {type_} there, and {field.type} here"
            )
    return found


def newest(table: pa.Table, by: Sequence[str]) -> pa.Table:
    """Of rows that agree in all of `by` the last one; where one of them is null, all.

    >>> newest(pa.table({"k": ["a", None, "a", None], "n": [1, 2, 3, 4]}), ["k"])["n"].to_pylist()
    [2, 3, 4]
    """
    keys = list(zip(*(table[name].to_pylist() for name in by), strict=True))
    last = {key: row for row, key in enumerate(keys)}
    return table.take([row for row, key in enumerate(keys) if None in key or last[key] == row])


def as_csv(table: pa.Table) -> io.BytesIO:
    """The rows as CSV without a heading: null is nothing, text that is empty is `""`."""
    written = pa.table({name: _written(table[name]) for name in table.column_names})
    out = io.BytesIO()
    pc_csv.write_csv(written, out, pc_csv.WriteOptions(include_header=False))
    out.seek(0)
    return out


def _plain(values: Any) -> Any:
    type_ = values.type
    if pa.types.is_dictionary(type_):
        return _plain(values.cast(type_.value_type))
    if pa.types.is_duration(type_):
        return pc.divide(values.cast(pa.duration("us")).cast(pa.int64()).cast(pa.float64()), 1e6)
    if pa.types.is_floating(type_):
        values = values.cast(pa.float64())
        return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    if pa.types.is_large_string(type_):
        return values.cast(pa.string())
    return values


def _written(values: Any) -> Any:
    """Values that CSV can hold; the one letter that PostgreSQL cannot, U+0000, as U+FFFD."""
    if pa.types.is_string(values.type):
        return pc.replace_substring(values, "\0", "\ufffd")
    if kind_of(values.type) is _OTHER:
        texts = [None if v is None else dump(v).decode() for v in values.to_pylist()]
        return pa.array(texts, pa.string())
    return values
