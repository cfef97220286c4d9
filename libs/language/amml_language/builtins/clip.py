"""A value held between two limits."""

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def clip(x: Values, low: Values, high: Values) -> Values:
    return kernels.smallest(kernels.largest(x, low), high)


BUILTIN = Builtin(
    title="x held between two limits; high where low is above it",
    parameters=(
        Parameter("x", "a number, a time or a duration"),
        Parameter("low", "the least it may be"),
        Parameter("high", "the most it may be"),
    ),
    overloads=alike(3, (Type.INT, Type.FLOAT, Type.TIME, Type.DURATION)),
    function=clip,
    examples=(
        Example("above the limits", source="clip(12, 0, 10)", result=10),
        Example("between them", source="clip(0.5, 0, 10)", result=0.5),
    ),
)
