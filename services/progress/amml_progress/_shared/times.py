"""Times from texts and numbers, as people and machines write them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amml_language.numpy_column import from_numpy
from amml_progress._shared.numbers import floats
from amml_runtime.batch import TIME_TYPE, Array

_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_LOCAL = pa.timestamp("us")


def parse_times(values: Array, format: str, tz: str) -> Array:
    """Times in UTC; null where a value is none.

    Parameters:
        values: texts, numbers or times.
        format: "iso" for ISO 8601, "s", "ms", "us" or "ns" for numbers since 1970, or a pattern
            as Python's `strptime` has it.
        tz: the zone of times that name none. An hour that a clock change skips or repeats is
            the earlier one.

    >>> parse_times(pa.array(["1/7/2016 9:00", "x"]), "%d/%m/%Y %H:%M", "Asia/Seoul").cast(
    ...     pa.string()).to_pylist()
    ['2016-07-01 00:00:00.000000Z', None]
    """
    if pa.types.is_temporal(values.type):
        return _in_utc(cast(Any, values), tz)
    if format in _UNITS:
        return _from_numbers(values, _UNITS[format])
    texts = values.cast(pa.string())
    if format != "iso":
        return _each(texts, lambda text: datetime.strptime(text, format), tz)
    try:
        return _in_utc(texts.cast(_LOCAL), tz)
    except pa.ArrowInvalid:  # some have a zone, or are none
        return _each(texts, datetime.fromisoformat, tz)


def check_zone(tz: str) -> None:
    """Raises `ValueError` unless the zone is one that is known."""
    try:
        _in_utc(pa.array([0]).cast(_LOCAL), tz)
    except pa.ArrowException as error:
        raise ValueError(f"`tz` is {tz!r}, and no zone of that name is known") from error


def _in_utc(times: Any, tz: str) -> Array:
    if getattr(times.type, "tz", None) is None:
        local = times.cast(_LOCAL, safe=False)
        times = pc.assume_timezone(local, tz, ambiguous="earliest", nonexistent="earliest")
    return times.cast(TIME_TYPE, safe=False)


def _from_numbers(values: Array, unit: float) -> Array:
    """A text that is no number is no time."""
    if pa.types.is_string(values.type):
        numbers = pc.match_substring_regex(values, r"^\s*[+-]?\d+(\.\d*)?\s*$")
        values = pc.if_else(numbers, pc.utf8_trim_whitespace(values), None)
    micros = np.rint(floats(values) * unit)
    known = np.abs(micros) < 2**62
    return from_numpy(np.where(known, micros, 0).astype(np.int64), ~known).cast(TIME_TYPE)


def _each(texts: Array, parse: Callable[[str], datetime], tz: str) -> Array:
    local: list[datetime | None] = []
    universal: list[datetime | None] = []
    for text in texts.to_pylist():
        found = _attempt(parse, text)
        zoned = found is not None and found.tzinfo is not None
        universal.append(found.astimezone(UTC) if found is not None and zoned else None)
        local.append(None if zoned else found)
    return pc.coalesce(pa.array(universal, TIME_TYPE), _in_utc(pa.array(local, _LOCAL), tz))


def _attempt(parse: Callable[[str], datetime], text: str | None) -> datetime | None:
    try:
        return None if text is None else parse(text.strip())
    except (ValueError, OverflowError):
        return None
