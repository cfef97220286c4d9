"""The month of a time."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def month(x: Values) -> Values:
    return pc.month(x)


BUILTIN = Builtin(
    title="the month of a time in UTC, 1 to 12",
    parameters=(Parameter("x", "a time"),),
    overloads=(Overload((Type.TIME,), Type.INT),),
    function=month,
    examples=(
        Example(
            "a Sunday in March",
            source="month(date)",
            result=3,
            given=(("date", "2026-03-01T13:45:00"),),
        ),
    ),
)
