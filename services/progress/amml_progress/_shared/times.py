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
_SOME_DAY = datetime(2000, 1, 2, tzinfo=UTC)
_FIRST, _LAST = (pa.scalar(each, TIME_TYPE) for each in (datetime.min, datetime.max))


def parse_times(values: Array, format: str, tz: str) -> Array:
    """Times in UTC; null where a value is none, or lies outside the years 1 to 9999.

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
    times: Any = _parsed(values, format, tz)
    known = pc.and_(pc.greater_equal(times, _FIRST), pc.less_equal(times, _LAST))
    return pc.if_else(known, times, None)


def check_zone(tz: str) -> None:
    """Raises `ValueError` unless the zone is one that is known."""
    try:
        _in_utc(pa.array([0]).cast(_LOCAL), tz)
    except pa.ArrowException as error:
        raise ValueError(f"`tz` is {tz!r}, and no zone of that name is known") from error


def check_format(format: str) -> None:
    """Raises `ValueError` unless `parse_times` knows the format."""
    if format == "iso" or format in _UNITS:
        return
    try:
        if "%" not in format:
            raise ValueError("there is no % in it")
        datetime.strptime(_SOME_DAY.strftime(format), format)
    except ValueError as error:
        raise ValueError(
            f"`format` is {format!r}, expected iso, {', '.join(_UNITS)} or a pattern: {error}"
        ) from error


def _parsed(values: Array, format: str, tz: str) -> Array:
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
        universal.append(found if zoned else None)
        local.append(None if zoned else found)
    return pc.coalesce(pa.array(universal, TIME_TYPE), _in_utc(pa.array(local, _LOCAL), tz))


def _attempt(parse: Callable[[str], datetime], text: str | None) -> datetime | None:
    try:
        found = None if text is None else parse(text.strip())
        return found if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
