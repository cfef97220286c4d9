"""Cells read as the catalogue's types; what cannot be read is null.

The types are `int`, `float`, `bool`, `timestamp`, `string`, and from databases `duration`.
"""

from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amml_language.numpy_column import from_numpy
from amml_runtime.batch import TIME_TYPE, Array

# What spreadsheets and other programs write for a missing value.
MISSING = pa.array(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"]
    + ["N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"]
)
_ARROW: dict[str, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "duration": pa.duration("us"),
}
_ZONE = r"[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"


def present(values: Array, type_: str) -> Array:
    """The cells with nulls for those that say a value is missing; texts trimmed.

    >>> present(pa.array([" 1", "NA"]), "int").to_pylist()
    ['1', None]
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(cast(Any, values.type).value_type)
    if type_ == "string" or not _is_text(values):
        return values
    texts = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(texts, value_set=MISSING), None, texts)


def read_cells(values: Array, type_: str, tz: str) -> Array:
    """Cells as the Arrow type of the catalogue's type; null where that is impossible.

    >>> read_cells(pa.array(["1", "x"]), "int", "UTC").to_pylist()
    [1, None]
    """
    if type_ == "timestamp":
        return read_times(values, tz)
    if type_ == "float" and not _is_text(values):
        return _cast(values, pa.float64(), safe=False)
    return _cast(values, _ARROW[type_])


def read_times(values: Array, tz: str) -> Array:
    """Times in UTC, from ISO 8601 texts, epoch numbers or Arrow times; null where it is none.

    A time without a zone is in `tz`; an hour that a clock change skips or repeats is the
    earlier one. A number is in seconds, milliseconds or microseconds, by its size.

    >>> read_times(pa.array(["2016-07-01 09:00", "2016-07-01T09:00Z"]), "Asia/Seoul").cast(
    ...     pa.string()).to_pylist()
    ['2016-07-01 00:00:00.000000Z', '2016-07-01 09:00:00.000000Z']
    """
    if pa.types.is_null(values.type):
        return values.cast(TIME_TYPE)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _from_epoch(values)
    if _is_text(values):
        zoned = pc.match_substring_regex(values, _ZONE)
        local = _cast(pc.if_else(zoned, None, values), pa.timestamp("us"))
        universal = _cast(pc.if_else(zoned, values, None), TIME_TYPE)
        return pc.coalesce(universal, _in_utc(local, tz))
    times = values if pa.types.is_timestamp(values.type) else _cast(values, pa.timestamp("us"))
    return _in_utc(times, tz)


def _in_utc(times: Any, tz: str) -> Array:
    if times.type.tz is None:
        times = pc.assume_timezone(times, tz, ambiguous="earliest", nonexistent="earliest")
    return times.cast(TIME_TYPE, safe=False)


def _from_epoch(values: Array) -> Array:
    """Seconds until the year 5138, from there on milliseconds, then microseconds."""
    numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    scale = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], np.nan)
    micros = np.rint(numbers * scale)
    unknown = np.isnan(micros)
    whole = np.where(unknown, 0, micros).astype(np.int64)
    return from_numpy(whole, unknown).cast(TIME_TYPE)


def _cast(values: Array, type_: pa.DataType, safe: bool = True) -> Array:
    """A cast that gives null for the cells it cannot read: halved until they are found."""
    try:
        return values.cast(type_, safe=safe)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if len(values) == 1:
            return pa.nulls(1).cast(type_)
    half = len(values) // 2
    parts = [_cast(values.slice(0, half), type_, safe), _cast(values.slice(half), type_, safe)]
    return pa.concat_arrays(parts)


def _is_text(values: Array) -> bool:
    return pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
