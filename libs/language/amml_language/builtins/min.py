"""The smallest of several values in one row."""

from amml_language import kernels
from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Overload, Type
from amml_language.kernels import Values


def min(*columns: Values) -> Values:
    return kernels.smallest(*columns)


BUILTIN = Builtin(
    title="the smallest of its arguments; null if one of them is null",
    parameters=(Parameter("x", "a number, a time or a duration"), Parameter("y", "as x")),
    overloads=tuple(
        Overload((kind,), kind, variadic=True)
        for kind in (Type.INT, Type.FLOAT, Type.TIME, Type.DURATION)
    ),
    function=min,
    variadic=True,
    examples=(
        Example("of three", source="min(3, -1, 7)", result=-1),
        Example("null is not left out", source="min(3, null)", result=None),
    ),
)
