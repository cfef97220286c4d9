"""The hour of a time."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def hour(x: Values) -> Values:
    return pc.hour(x)


BUILTIN = Builtin(
    title="the hour of a time in UTC, 0 to 23",
    parameters=(Parameter("x", "a time"),),
    overloads=(Overload((Type.TIME,), Type.INT),),
    function=hour,
    examples=(
        Example(
            "a Sunday in March",
            source="hour(date)",
            result=13,
            given=(("date", "2026-03-01T13:45:00"),),
        ),
    ),
)
