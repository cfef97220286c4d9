"""The functions of the opcodes: whole Arrow columns in, one out, and no value makes them fail.

Each is named for its row in `opcodes.py`. An operand is an array or, for a constant, a scalar; at
least one is an array. Times and durations come to arithmetic as int64 microseconds: the VM gives
the result the row's type. pyarrow's own kernels fail the whole batch on one division by zero,
wrap int64 silently and round -7/2 up, hence the wrapping here.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

# An array or a scalar. Arrow's stubs have no name for what the functions of `pc` take.
Values: TypeAlias = Any

MOST, LEAST = 2**63 - 1, -(2**63)
_LEAST, _MINUS_ONE, _ZERO = pa.scalar(LEAST), pa.scalar(-1), pa.scalar(0)


def add(x: Values, y: Values) -> Values:
    return _arithmetic(pc.add, pc.add_checked, operator.add, x, y)


def subtract(x: Values, y: Values) -> Values:
    return _arithmetic(pc.subtract, pc.subtract_checked, operator.sub, x, y)


def multiply(x: Values, y: Values) -> Values:
    return _arithmetic(pc.multiply, pc.multiply_checked, operator.mul, x, y)


def plus(x: Values) -> Values:
    return x


def negate(x: Values) -> Values:
    return _arithmetic(pc.negate, pc.negate_checked, operator.neg, x)


def absolute(x: Values) -> Values:
    return _arithmetic(pc.abs, pc.abs_checked, abs, x)


def power(x: Values, y: Values) -> Values:
    return _arithmetic(pc.power, pc.power_checked, _int_power, x, y)


def divide(x: Values, y: Values) -> Values:
    return finite(pc.divide(as_float(x), as_float(y)))


def floor_divide(x: Values, y: Values) -> Values:
    # The one quotient of two int64 that is none: -2**63 // -1.
    if is_int(x):
        x, y = as_int(x), as_int(y)
        overflows = pc.and_(pc.equal(x, _LEAST), pc.equal(y, _MINUS_ONE))
        return _by_numpy("floor_divide", null_where(overflows, x), _nonzero(y))
    return _by_numpy("floor_divide", x, _nonzero(y))


def remainder(x: Values, y: Values) -> Values:
    return _by_numpy("remainder", x, _nonzero(_numbers(y)))


def equal(x: Values, y: Values) -> Values:
    return pc.equal(x, y)


def not_equal(x: Values, y: Values) -> Values:
    return pc.not_equal(x, y)


def less(x: Values, y: Values) -> Values:
    return pc.less(x, y)


def less_equal(x: Values, y: Values) -> Values:
    return pc.less_equal(x, y)


def greater(x: Values, y: Values) -> Values:
    return pc.greater(x, y)


def greater_equal(x: Values, y: Values) -> Values:
    return pc.greater_equal(x, y)


def is_in(x: Values, members: Values) -> Values:
    found = null_where(pc.is_null(x), pc.is_in(x, value_set=members, skip_nulls=True))
    # As in SQL: what is not found might still be the null of the list.
    return null_where(pc.invert(found), found) if members.null_count else found


def both(x: Values, y: Values) -> Values:
    return pc.and_kleene(x, y)


def either(x: Values, y: Values) -> Values:
    return pc.or_kleene(x, y)


def invert(x: Values) -> Values:
    return pc.invert(x)


def select(condition: Values, then: Values, otherwise: Values) -> Values:
    return pc.if_else(pc.fill_null(condition, False), then, otherwise)


def smallest(*columns: Values) -> Values:
    return pc.min_element_wise(*map(_numbers, columns), skip_nulls=False)


def largest(*columns: Values) -> Values:
    return pc.max_element_wise(*map(_numbers, columns), skip_nulls=False)


def is_int(x: Values) -> bool:
    """Whether a column is exact: int64, or microseconds of a time or duration."""
    return not pa.types.is_floating(x.type)


def as_int(x: Values) -> Values:
    """Times and durations as their microseconds."""
    return x if x.type == pa.int64() else x.cast(pa.int64())


def as_float(x: Values) -> Values:
    """Int64 as float64, rounded past 2**53, where Arrow's own cast would fail the batch."""
    return pc.cast(as_int(x), pa.float64(), safe=False) if is_int(x) else x


def finite(x: Values) -> Values:
    """A float column with null for infinities and NaN."""
    return null_where(pc.invert(pc.is_finite(x)), x)


def null_where(condition: Values, x: Values) -> Values:
    """A column with null in the rows where a condition is true."""
    # The common case, no such row, costs a count of bits and no copy.
    if isinstance(condition, pa.BooleanArray) and condition.true_count == 0:
        return x
    return pc.if_else(pc.fill_null(condition, False), pa.scalar(None, x.type), x)


def spread(*columns: Values) -> list[Values]:
    """The columns with each constant repeated for every row."""
    rows = next(len(column) for column in columns if isinstance(column, pa.Array))
    return [c if isinstance(c, pa.Array) else pa.repeat(c, rows) for c in columns]


def exact(kernel: Callable[..., Values], row: Callable[..., Any], *columns: Values) -> Values:
    """What a kernel gives for int64 columns; null in the rows that make it fail.

    `row` computes one row in Python's integers, which do not overflow.
    """
    columns = tuple(map(as_int, columns))
    try:
        return kernel(*columns)
    except pa.ArrowInvalid:
        rows = zip(*(column.to_pylist() for column in spread(*columns)), strict=True)
        return pa.array([None if None in each else _fit(row(*each)) for each in rows], pa.int64())


def _arithmetic(
    floats: Callable[..., Values],
    ints: Callable[..., Values],
    row: Callable[..., Any],
    *columns: Values,
) -> Values:
    if is_int(columns[0]):
        return exact(ints, row, *columns)
    return finite(floats(*columns))


def _fit(value: int | None) -> int | None:
    return value if value is not None and LEAST <= value <= MOST else None


def _int_power(base: int, exponent: int) -> int | None:
    # Past 63, only 0, 1 and -1 stay in 64 bits; 9**9**9 must not even be tried.
    if exponent < 0 or (exponent > 63 and abs(base) > 1):
        return None
    return base**exponent


def _numbers(x: Values) -> Values:
    return as_int(x) if is_int(x) else x


def _nonzero(x: Values) -> Values:
    return null_where(pc.equal(x, _ZERO), x)


def _by_numpy(function: str, x: Values, y: Values) -> Values:
    """Floored division, which is Python's: numpy has it, Arrow has not."""
    import numpy as np  # only here, so that other scripts start without it

    from amml_language.numpy_column import from_numpy

    x, y = spread(_numbers(x), _numbers(y))
    valid = pc.and_(pc.is_valid(x), pc.is_valid(y))
    left, right = (pc.fill_null(column, 1).to_numpy(zero_copy_only=False) for column in (x, y))
    with np.errstate(all="ignore"):
        result = from_numpy(getattr(np, function)(left, right))
    result = null_where(pc.invert(valid), result)
    return result if is_int(result) else finite(result)
