"""Many JSON records at once, column by column: what reading one by one gives, in half the time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from amml_language.numpy_column import from_numpy
from amml_runtime import records
from amml_runtime.batch import KEY, TIME, TIME_TYPE, Array, Batch
from amml_runtime.errors import RecordRefused

_FIRST_MS, _LAST_MS = (
    round(each.timestamp() * 1000)
    for each in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
)


def read_all(
    values: Sequence[bytes | None], keys: Sequence[bytes | None], stamps_ms: Sequence[int]
) -> tuple[Batch, Mapping[int, str]]:
    """The rows of records, and why each that is none was refused, by its place among them.

    >>> batch, refused = read_all([b'{"co2": 412}', b"?"], [b"k", None], [0, 1])
    >>> batch.column("co2").to_pylist(), refused
    ([412.0], {1: 'not JSON: ...'})
    """
    try:
        return _batch(values, keys, stamps_ms), {}
    except RecordRefused:  # which of them, only reading one by one tells
        return records.read_each(map(records.Record, values, keys, stamps_ms))


def _batch(
    values: Sequence[bytes | None], keys: Sequence[bytes | None], stamps_ms: Sequence[int]
) -> Batch:
    fields = _fields(values)
    times = _times(fields.pop(TIME, None), stamps_ms)
    fields.pop(KEY, None)
    columns = {name: records.column(each) for name, each in fields.items()}
    return Batch(pa.RecordBatch.from_pydict({TIME: times, KEY: _texts(keys), **columns}))


def _fields(values: Sequence[Any]) -> dict[str, list[Any]]:
    """The values of each field; what Connect wraps in an envelope is unwrapped."""
    try:
        documents = list(map(orjson.loads, values))
    except orjson.JSONDecodeError as error:
        raise RecordRefused("a record is not JSON") from error
    fields = _by_name(documents)
    if "payload" not in fields:
        return fields
    return _by_name(list(map(records.opened, documents)))


def _by_name(documents: Sequence[Any]) -> dict[str, list[Any]]:
    """The documents' values by name, names in order of appearance; null where one lacks it."""
    if set(map(type, documents)) != {dict}:
        raise RecordRefused("a record is no object")
    first = documents[0]
    try:
        if set(map(len, documents)) == {len(first)}:
            return {name: [each[name] for each in documents] for name in first}
    except KeyError:  # as many names, but others
        pass
    names = dict.fromkeys(chain.from_iterable(documents))
    return {name: [each.get(name) for each in documents] for name in names}


def _times(written: Sequence[Any] | None, stamps_ms: Sequence[int]) -> Array:
    if written is not None:
        return pa.array(list(map(records.time_of, written, stamps_ms)), TIME_TYPE)
    stamps = np.array(stamps_ms, np.int64)
    if stamps.min() < _FIRST_MS or stamps.max() > _LAST_MS:
        raise RecordRefused("a message's time is not between year 1 and 9999")
    return from_numpy(stamps * 1000).cast(TIME_TYPE)


def _texts(keys: Sequence[bytes | None]) -> Array:
    try:
        return pa.array(keys, pa.string())
    except pa.ArrowInvalid as error:
        raise RecordRefused("a key is not UTF-8") from error
