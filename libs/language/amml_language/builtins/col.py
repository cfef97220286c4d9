"""A column whose name is no word of the language."""

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike

BUILTIN = Builtin(
    title="the column of that name, for names that cannot be written bare",
    parameters=(Parameter("name", "the name, in quotes", constant=True),),
    overloads=alike(1, (Type.TEXT,)),
    opcode="column",
    examples=(
        Example(
            "a dot in the name", source='col("PM2.5") > 10', result=True, given=(("PM2.5", 12.5),)
        ),
    ),
)
