"""Text in upper case."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def upper(x: Values) -> Values:
    return pc.utf8_upper(x)


BUILTIN = Builtin(
    title="x in upper case",
    parameters=(Parameter("x", "a text"),),
    overloads=alike(1, (Type.TEXT,)),
    function=upper,
    examples=(Example("letters of any alphabet", source="upper('Søul')", result="SØUL"),),
)
