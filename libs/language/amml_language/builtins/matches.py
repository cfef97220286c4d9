"""Whether a pattern is found in a text."""

import pyarrow as pa
import pyarrow.compute as pc

from amml_language.builtins._declaration import Builtin, Example, Parameter
from amml_language.datatypes import Type, alike
from amml_language.kernels import Values


def matches(x: Values, pattern: Values) -> Values:
    return pc.match_substring_regex(x, pattern.as_py())


def _fault(pattern: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return ""


BUILTIN = Builtin(
    title="whether a pattern is found anywhere in x; `^` and `$` stand for its ends",
    parameters=(
        Parameter("x", "a text"),
        Parameter("pattern", "a regular expression (RE2)", constant=True, check=_fault),
    ),
    overloads=alike(2, (Type.TEXT,), Type.BOOLEAN),
    function=matches,
    examples=(
        Example("digits at the end", source=r"matches('sensor-7', '[0-9]+$')", result=True),
        Example("the whole text", source="matches('sensor-7', '^[a-z]+$')", result=False),
    ),
)
