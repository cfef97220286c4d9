"""The day of the week of a time."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def day_of_week(x: Values) -> Values:
    return pc.day_of_week(x)


BUILTIN = Builtin(
    title="the day of the week of a time in UTC, 0 for Monday to 6 for Sunday",
    parameters=(Parameter("x", "a time"),),
    overloads=(Overload((Type.TIME,), Type.INT),),
    function=day_of_week,
    examples=(
        Example(
            "a Sunday in March",
            source="day_of_week(date)",
            result=6,
            given=(("date", "2026-03-01T13:45:00"),),
        ),
    ),
)
