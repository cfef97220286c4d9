"""Whether a text begins with another."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def starts_with(x: Values, start: Values) -> Values:
    return pc.starts_with(x, start.as_py())


BUILTIN = Builtin(
    title="whether x begins with a text",
    parameters=(Parameter("x", "a text"), Parameter("start", "a text", constant=True)),
    overloads=alike(2, (Type.TEXT,), Type.BOOLEAN),
    function=starts_with,
    examples=(
        Example("begins so", source="starts_with('sensor-7', 'sensor')", result=True),
        Example("has it elsewhere", source="starts_with('sensor-7', '7')", result=False),
    ),
)
