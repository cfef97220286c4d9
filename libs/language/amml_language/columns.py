"""Between Arrow's many types and the seven that a script computes with."""

from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as arrow

from amml_language import kernels
from amml_language.datatypes import Type, common_type, type_of
from amml_language.kernels import Values
from amml_language.tree import Constant, Duration

ARROW: dict[Type, pa.DataType] = {
    Type.INT: pa.int64(),
    Type.FLOAT: pa.float64(),
    Type.TEXT: pa.string(),
    Type.BOOLEAN: pa.bool_(),
    Type.TIME: pa.timestamp("us", "UTC"),
    Type.DURATION: pa.duration("us"),
    Type.NULL: pa.null(),
}
_A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST = pa.scalar(-62_135_596_800_000_000)  # 0001-01-01
_LAST = pa.scalar(253_402_300_799_999_999)  # 9999-12-31


class Column(NamedTuple):
    """What a register holds: values of one type.

    A constant is a scalar, a list of constants an array.
    """

    type: Type
    values: Values
    is_constant: bool = False


def load(array: "pa.Array[Any]") -> Column | None:
    """Read a column of a batch as one of the seven types; None if it is none of them.

    >>> load(pa.array([1, 2], pa.uint8())).values.type
    DataType(int64)
    """
    found = array.type
    if isinstance(array, pa.DictionaryArray):
        return load(array.dictionary_decode())
    if arrow.is_null(found):
        return Column(Type.NULL, array)
    if arrow.is_boolean(found):
        return Column(Type.BOOLEAN, array)
    if arrow.is_integer(found):
        return Column(Type.INT, _int64(array))
    if arrow.is_floating(found) or arrow.is_decimal(found):
        return Column(Type.FLOAT, kernels.finite(array.cast(pa.float64())))
    if arrow.is_string(found) or arrow.is_large_string(found) or arrow.is_string_view(found):
        return Column(Type.TEXT, array.cast(pa.string()))
    return _load_temporal(array)


def _load_temporal(array: Values) -> Column | None:
    found = array.type
    if arrow.is_date(found):
        return typed(Type.TIME, _microseconds(array.cast(pa.timestamp("ms"))))
    if arrow.is_timestamp(found):
        return typed(Type.TIME, _microseconds(array))
    if arrow.is_duration(found):
        return typed(Type.DURATION, _microseconds(array))
    return None


def typed(wanted: Type, values: Values) -> Column:
    """Give values the Arrow type of one of ours; a time outside the years 1 to 9999 is null."""
    if wanted is Type.TIME and values.type == pa.int64():
        late, early = pc.greater(values, _LAST), pc.less(values, _FIRST)
        values = kernels.null_where(pc.or_(late, early), values)
    target = ARROW[wanted]
    return Column(wanted, values if values.type == target else values.cast(target))


def widen(column: Column, wanted: Type) -> Values:
    """The values of a column as those of a type that it widens to."""
    if column.type is wanted:
        return column.values
    if column.type is Type.INT:
        return kernels.as_float(column.values)
    return column.values.cast(ARROW[wanted])


def constant(value: Constant | tuple[Constant, ...]) -> Column:
    """A constant as a scalar, a list of constants as an array.

    >>> constant(Duration(5)).values
    <pyarrow.DurationScalar: datetime.timedelta(microseconds=5)>
    """
    if isinstance(value, tuple):
        kind = common_type(map(type_of, value)) or Type.NULL
        values = pa.array(list(map(_plain, value)), _storage(kind))
    else:
        kind = type_of(value)
        values = pa.scalar(_plain(value), _storage(kind))
    return typed(kind, values)._replace(is_constant=True)


def python_value(scalar: Any) -> Constant:
    """A scalar as the constant it is in the tree."""
    if scalar.is_valid and arrow.is_duration(scalar.type):
        return Duration(scalar.cast(pa.int64()).as_py())
    return scalar.as_py()


def _plain(value: Constant) -> int | float | str | bool | None:
    return value.microseconds if isinstance(value, Duration) else value


def _storage(kind: Type) -> pa.DataType:
    return pa.int64() if kind is Type.DURATION else ARROW[kind]


def _int64(array: Values) -> Values:
    if arrow.is_uint64(array.type):
        too_large = pc.greater(array, pa.scalar(kernels.MOST, pa.uint64()))
        array = kernels.null_where(too_large, array)
    return array.cast(pa.int64())


def _microseconds(array: Values) -> Values:
    """Times or durations of any unit as int64; part of a microsecond is rounded down."""
    ticks, rate = array.cast(pa.int64()), _A_SECOND[array.type.unit]
    if rate > 1_000_000:
        return kernels.floor_divide(ticks, pa.scalar(rate // 1_000_000))
    return kernels.multiply(ticks, pa.scalar(1_000_000 // rate))
