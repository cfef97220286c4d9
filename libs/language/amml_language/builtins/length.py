"""The length of a text."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def length(x: Values) -> Values:
    return pc.utf8_length(x)


BUILTIN = Builtin(
    title="the number of characters of x",
    parameters=(Parameter("x", "a text"),),
    overloads=(Overload((Type.TEXT,), Type.INT),),
    function=length,
    examples=(Example("characters, not bytes", source="length('Søul')", result=4),),
)
