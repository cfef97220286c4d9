"""What a type of Kafka Connect becomes: the Arrow type of a column, and how its values are read.

The Arrow types are those that scripts compute with. A time without a zone has none here either:
whoever knows the source's zone puts it in. A time of day is the duration since midnight.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime.batch import TIME_TYPE, Array

LOCAL_TIME = pa.timestamp("us")
DURATION = pa.duration("us")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    (each.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    for each in (datetime.min, datetime.max)
)
_DAY = 86_400_000_000
_LARGEST_SCALE = 400  # of a decimal: a float64 ends at 1e308
_NUMBERS = frozenset([int, float])


@dataclass(frozen=True)
class Kind:
    """How the values of a field are read.

    Parameters:
        arrow: the column's Arrow type.
        read: what one JSON value becomes, a time or duration as microseconds; raises where it is
            none.
        fits: the JSON types of which a whole column can be read at once; it gives the same.
        ticks: the Arrow type as which it is then read first: what a whole number counts.
    """

    arrow: pa.DataType
    read: Callable[[Any], Any]
    fits: frozenset[type] = frozenset()
    ticks: pa.DataType | None = None

    def column(self, values: Sequence[Any]) -> tuple[Array, list[int]]:
        """JSON values as a column, and the places of those that are no such value.

        >>> kind_of({"type": "int32"}).column([1, None, "x"])[1]
        [2]
        """
        try:
            if set(map(type, values)) - {type(None)} <= self.fits:
                return self._whole(values), []
        except (pa.ArrowInvalid, OverflowError):
            pass  # which of them, only reading one by one tells
        return self._each(values)

    def _whole(self, values: Sequence[Any]) -> Array:
        if self.ticks is None:
            return pa.array(values, self.arrow)
        column = pa.array(values, self.ticks).cast(self.arrow)
        if pa.types.is_timestamp(self.arrow):
            bounds: Any = pc.min_max(column.view(pa.int64())).as_py()
            if column.null_count < len(column) and not _lies_within(**bounds):
                raise pa.ArrowInvalid("a time outside the years 1 to 9999")
        return column

    def _each(self, values: Sequence[Any]) -> tuple[Array, list[int]]:
        read: list[Any] = []
        wrong: list[int] = []
        for at, value in enumerate(values):
            try:
                read.append(None if value is None else self.read(value))
            except (TypeError, ValueError, ArithmeticError, LookupError):
                read.append(None)
                wrong.append(at)
        temporal = pa.types.is_timestamp(self.arrow) or pa.types.is_duration(self.arrow)
        return pa.array(read, pa.int64() if temporal else self.arrow).cast(self.arrow), wrong


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """How the values of a Connect schema are read, by its logical name or else its type.

    Errors: ValueError, there is no such type.

    >>> kind_of({"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp"}).arrow
    TimestampType(timestamp[us, tz=UTC])
    """
    name, type_ = schema.get("name"), schema.get("type")
    if name == "org.apache.kafka.connect.data.Decimal":
        scale = int((schema.get("parameters") or {}).get("scale", 0))
        return Kind(pa.float64(), partial(_decimal, scale), _NUMBERS)
    if (name, type_) in _LOGICAL:
        return _LOGICAL[name, type_]
    if type_ not in _PLAIN:
        raise ValueError(f"its schema has a type {type_!r}, which Connect has not")
    return _PLAIN[type_]


def _int(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _float(value: Any) -> float:
    """Connect writes what JSON has no number for as `NaN`, `Infinity` and `-Infinity` in quotes."""
    if type(value) in _NUMBERS or value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise ValueError


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _json(value: Any) -> str:
    if type(value) not in (dict, list):
        raise ValueError
    return orjson.dumps(value).decode()


def _ticks(factor: int, value: Any) -> int:
    """As microseconds."""
    return _int(_int(value) * factor)


def _time(factor: int, value: Any) -> int:
    return _in_range(_ticks(factor, value))


def _nanoseconds(value: Any) -> int:
    return _int(value) // 1000


def _zoned(value: Any) -> int:
    """ISO 8601 with a zone."""
    found = datetime.fromisoformat(_text(value))
    if found.tzinfo is None:
        raise ValueError
    return _in_range((found - _EPOCH) // timedelta(microseconds=1))


def _lies_within(min: int, max: int) -> bool:
    return _FIRST <= min <= max <= _LAST


def _in_range(micros: int) -> int:
    if not _lies_within(micros, micros):
        raise ValueError
    return micros


def _decimal(scale: int, value: Any) -> float:
    """A number, or base64 of the unscaled one; the nearest float64."""
    if type(value) in _NUMBERS:
        return float(value)
    if abs(scale) > _LARGEST_SCALE:
        raise ValueError
    unscaled = int.from_bytes(base64.b64decode(_text(value), validate=True), signed=True)
    return unscaled / 10**scale if scale >= 0 else float(unscaled * 10**-scale)


def _scaled_apart(value: Any) -> float:
    return _decimal(_int(value["scale"]), value["value"])


def _counted(arrow: pa.DataType, ticks: Any) -> Kind:
    """Of whole numbers that count days, milliseconds or microseconds."""
    factor = _DAY if pa.types.is_date(ticks) else {"ms": 1000, "us": 1}[ticks.unit]
    read = partial(_time if pa.types.is_timestamp(arrow) else _ticks, factor)
    return Kind(arrow, read, frozenset([int]), ticks)


_INT = Kind(pa.int64(), _int, frozenset([int]))
_FLOAT = Kind(pa.float64(), _float, frozenset([int, float]))
_TEXT = Kind(pa.string(), _text, frozenset([str]))
_NESTED = Kind(pa.string(), _json)

_PLAIN: dict[Any, Kind] = {
    **dict.fromkeys(("int8", "int16", "int32", "int64"), _INT),
    **dict.fromkeys(("float", "double", "float32", "float64"), _FLOAT),
    "boolean": Kind(pa.bool_(), _bool, frozenset([bool])),
    "string": _TEXT,
    "bytes": _TEXT,  # in base64
    **dict.fromkeys(("struct", "array", "map"), _NESTED),
}

_LOGICAL: dict[tuple[Any, Any], Kind] = {
    ("org.apache.kafka.connect.data.Timestamp", "int64"): _counted(
        TIME_TYPE, pa.timestamp("ms", "UTC")
    ),
    ("org.apache.kafka.connect.data.Date", "int32"): _counted(LOCAL_TIME, pa.date32()),
    ("org.apache.kafka.connect.data.Time", "int32"): _counted(DURATION, pa.duration("ms")),
    ("io.debezium.time.Timestamp", "int64"): _counted(LOCAL_TIME, pa.timestamp("ms")),
    ("io.debezium.time.MicroTimestamp", "int64"): _counted(LOCAL_TIME, pa.timestamp("us")),
    ("io.debezium.time.NanoTimestamp", "int64"): Kind(
        LOCAL_TIME, lambda value: _in_range(_nanoseconds(value))
    ),
    ("io.debezium.time.ZonedTimestamp", "string"): Kind(TIME_TYPE, _zoned),
    ("io.debezium.time.Date", "int32"): _counted(LOCAL_TIME, pa.date32()),
    ("io.debezium.time.Time", "int32"): _counted(DURATION, pa.duration("ms")),
    ("io.debezium.time.MicroTime", "int64"): _counted(DURATION, DURATION),
    ("io.debezium.time.NanoTime", "int64"): Kind(DURATION, _nanoseconds),
    ("io.debezium.time.MicroDuration", "int64"): _counted(DURATION, DURATION),
    ("io.debezium.time.NanoDuration", "int64"): Kind(DURATION, _nanoseconds),
    ("io.debezium.data.VariableScaleDecimal", "struct"): Kind(pa.float64(), _scaled_apart),
}
