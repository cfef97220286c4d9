"""E to the power of x."""

import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def exp(x: Values) -> Values:
    return kernels.finite(pc.exp(x))


BUILTIN = Builtin(
    title="e to the power of x",
    parameters=(Parameter("x", "a number"),),
    overloads=(Overload((Type.FLOAT,), Type.FLOAT),),
    function=exp,
    fails=True,
    examples=(
        Example("of zero", source="exp(0)", result=1.0),
        Example("does not fit 64 bits", source="exp(1000)", result=None),
    ),
)
