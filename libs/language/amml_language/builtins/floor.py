"""The next whole number below."""

import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def floor(x: Values) -> Values:
    return x if kernels.is_int(x) else pc.floor(x)


BUILTIN = Builtin(
    title="the largest whole number that is not above x, in the type of x",
    parameters=(Parameter("x", "a number"),),
    overloads=alike(1, (Type.INT, Type.FLOAT)),
    function=floor,
    examples=(Example("below zero", source="floor(-2.5)", result=-3.0),),
)
