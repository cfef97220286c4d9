"""The year of a time."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def year(x: Values) -> Values:
    return pc.year(x)


BUILTIN = Builtin(
    title="the year of a time in UTC",
    parameters=(Parameter("x", "a time"),),
    overloads=(Overload((Type.TIME,), Type.INT),),
    function=year,
    examples=(
        Example(
            "a Sunday in March",
            source="year(date)",
            result=2026,
            given=(("date", "2026-03-01T13:45:00"),),
        ),
    ),
)
