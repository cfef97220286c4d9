"""Text in lower case."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def lower(x: Values) -> Values:
    return pc.utf8_lower(x)


BUILTIN = Builtin(
    title="x in lower case",
    parameters=(Parameter("x", "a text"),),
    overloads=alike(1, (Type.TEXT,)),
    function=lower,
    examples=(Example("letters of any alphabet", source="lower('Søul')", result="søul"),),
)
