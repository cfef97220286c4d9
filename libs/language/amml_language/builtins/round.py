"""A number rounded to so many digits."""

import builtins
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values

_MOST = 15  # digits that a float holds


def round(x: Values, digits: Values | None = None) -> Values:
    places = 0 if digits is None else digits.as_py()
    if not kernels.is_int(x):
        return _round_floats(x, places)
    if places >= 0:
        return x
    return kernels.exact(
        partial(pc.round, ndigits=places), partial(builtins.round, ndigits=places), x
    )


def _round_floats(x: Values, places: int) -> Values:
    # Larger floats stay as they are: they have no such digits, and Arrow's rounding would fail.
    limit = pa.scalar(2.0**52 if places >= 0 else 1e300)
    small = kernels.null_where(pc.greater(pc.abs(x), limit), x)
    return pc.coalesce(pc.round(small, places), x)


def _fault(digits: int) -> str:
    return "" if -_MOST <= digits <= _MOST else f"it lies outside -{_MOST} to {_MOST}"


BUILTIN = Builtin(
    title="x rounded to so many digits after the point, halves to the even neighbour",
    parameters=(
        Parameter("x", "a number"),
        Parameter("digits", "-15 to 15, otherwise 0", constant=True, optional=True, check=_fault),
    ),
    overloads=(
        Overload((Type.INT, Type.INT), Type.INT),
        Overload((Type.FLOAT, Type.INT), Type.FLOAT),
    ),
    function=round,
    fails=True,
    examples=(
        Example("to one digit", source="round(13.1666, 1)", result=13.2),
        Example("halves go to the even neighbour", source="round(2.5)", result=2.0),
        Example("to hundreds", source="round(1234, -2)", result=1200),
    ),
)
