"""The first value that is there."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import KNOWN, Overload, Type
from amml_language.kernels import Values


def coalesce(*columns: Values) -> Values:
    return pc.coalesce(*columns)


BUILTIN = Builtin(
    title="the first of its arguments that is not null",
    parameters=(Parameter("x", "any value"), Parameter("y", "as x")),
    overloads=tuple(Overload((kind,), kind, variadic=True) for kind in (Type.NULL, *KNOWN)),
    function=coalesce,
    variadic=True,
    examples=(Example("the second is there", source="coalesce(null, 2, 3)", result=2),),
)
