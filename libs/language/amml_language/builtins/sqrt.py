"""The square root."""

import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def sqrt(x: Values) -> Values:
    return kernels.finite(pc.sqrt(x))


BUILTIN = Builtin(
    title="the square root",
    parameters=(Parameter("x", "a number"),),
    overloads=(Overload((Type.FLOAT,), Type.FLOAT),),
    function=sqrt,
    fails=True,
    examples=(
        Example("of nine", source="sqrt(9)", result=3.0),
        Example("a negative number has none", source="sqrt(-1)", result=None),
    ),
)
