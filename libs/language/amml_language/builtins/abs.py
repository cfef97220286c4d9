"""The size of a number or duration, without its sign."""

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def abs(x: Values) -> Values:
    return kernels.absolute(x)


BUILTIN = Builtin(
    title="the size of x, without its sign",
    parameters=(Parameter("x", "a number or a duration"),),
    overloads=alike(1, (Type.INT, Type.FLOAT, Type.DURATION)),
    function=abs,
    fails=True,
    examples=(
        Example("a negative number", source="abs(-2.5)", result=2.5),
        Example("does not fit 64 bits", source="abs(-9223372036854775807 - 1)", result=None),
    ),
)
