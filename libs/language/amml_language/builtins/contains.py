"""Whether a text has another in it."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def contains(x: Values, part: Values) -> Values:
    return pc.match_substring(x, part.as_py())


BUILTIN = Builtin(
    title="whether x has a part",
    parameters=(Parameter("x", "a text"), Parameter("part", "a text", constant=True)),
    overloads=alike(2, (Type.TEXT,), Type.BOOLEAN),
    function=contains,
    examples=(
        Example("has it", source="contains('sensor-7', 'sor')", result=True),
        Example("capitals differ", source="contains('SENSOR', 'sor')", result=False),
    ),
)
