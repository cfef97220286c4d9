"""Whether a value is missing."""

import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import KNOWN, Type, alike
from amml_language.kernels import Values


def is_null(x: Values) -> Values:
    return pc.is_null(x)


BUILTIN = Builtin(
    title="true where x is null, false elsewhere; never null",
    parameters=(Parameter("x", "any value"),),
    overloads=alike(1, (Type.NULL, *KNOWN), Type.BOOLEAN),
    function=is_null,
    examples=(
        Example("a value", source="is_null(0)", result=False),
        Example("a division by zero", source="is_null(1 / 0)", result=True),
    ),
)
