"""The next whole number above."""

import pyarrow.compute as pc

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def ceil(x: Values) -> Values:
    return x if kernels.is_int(x) else pc.ceil(x)


BUILTIN = Builtin(
    title="the smallest whole number that is not below x, in the type of x",
    parameters=(Parameter("x", "a number"),),
    overloads=alike(1, (Type.INT, Type.FLOAT)),
    function=ceil,
    examples=(Example("above zero", source="ceil(2.1)", result=3.0),),
)
