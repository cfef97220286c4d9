"""`x ** y`, written as a call."""

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.opcodes import OPCODES

BUILTIN = Builtin(
    title="x to the power of y, as `x ** y`",
    parameters=(Parameter("x", "a number"), Parameter("y", "a number")),
    overloads=OPCODES["power"].overloads,
    opcode="power",
    fails=True,
    examples=(
        Example("of two ints", source="pow(2, 10)", result=1024),
        Example("of a float", source="pow(2.0, 0.5)", result=2**0.5),
    ),
)
