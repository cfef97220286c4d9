"""The natural logarithm."""

import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def log(x: Values) -> Values:
    return kernels.finite(pc.ln(x))


BUILTIN = Builtin(
    title="the natural logarithm",
    parameters=(Parameter("x", "a number"),),
    overloads=(Overload((Type.FLOAT,), Type.FLOAT),),
    function=log,
    fails=True,
    examples=(
        Example("of one", source="log(1)", result=0.0),
        Example("to base 10", source="round(log(1000) / log(10), 9)", result=3.0),
        Example("zero has none", source="log(0)", result=None),
    ),
)
