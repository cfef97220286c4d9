"""What is said of a column in a few words, and which of its values agree."""

import re
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_progress._shared.numbers import floats
from amml_progress._shared.times import parse_times
from amml_runtime.batch import TIME_TYPE, Array
from amml_runtime.errors import WorkflowFault

TYPES: dict[str, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "time": TIME_TYPE,
    "text": pa.string(),
}
_EXACT = pa.decimal128(38)
_WORDS = re.compile(
    r"(?P<name>\S+)\s+(?P<type>[a-z]+)(?P<optional>\?)?"
    r"(\s+(?P<low>[-+.\deE]*?)\.\.(?P<high>[-+.\deE]*))?(\s+(?P<unit>\S+))?$"
)
_TEXTS = {
    "int": r"^\s*[+-]?\d{1,38}\s*$",
    "float": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$",
    "boolean": r"^\s*(?i:true|false)\s*$",
}


@dataclass(frozen=True)
class Declared:
    """A column's name, type ("" for any), range and unit, and whether its values may be null."""

    name: str
    type: str
    optional: bool = False
    low: float = -np.inf
    high: float = np.inf
    unit: str = ""

    def __str__(self) -> str:
        ranged = np.isfinite([self.low, self.high]).any()
        words = [
            self.type or "a value",
            f"from {self.low:g} to {self.high:g}" if ranged else "",
            self.unit,
        ]
        return " ".join(filter(None, words))


def parse(text: str) -> list[Declared]:
    """The columns that a text declares; raises `ValueError` with a sentence.

    >>> [str(each) for each in parse("co2 float 0..5000 ppm, room text?")]
    ['float from 0 to 5000 ppm', 'text']
    """
    found = [_parsed(words.strip()) for words in text.split(",") if words.strip()]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`{name}` is declared twice")
    return found


def values_as(column: Array, declared: Declared) -> Array:
    """The column in the type that is declared, null where a value is no such thing."""
    if declared.type == "" or column.type == TYPES[declared.type]:
        return column
    try:
        return _converted(column, declared.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise WorkflowFault(
            f"column `{declared.name}` is {column.type}, declared as {declared.type}"
        ) from error


def agrees(column: Array, values: Array, declared: Declared) -> NDArray[np.bool_]:
    """Which rows are as declared: `values` are those of the column in the declared type."""
    empty, none = null(column), null(values)
    fine = np.where(empty, declared.optional, ~none)
    if declared.type in ("int", "float"):
        numbers = floats(values)
        with np.errstate(invalid="ignore"):
            fine &= none | ((numbers >= declared.low) & (numbers <= declared.high))
    return fine


def _parsed(words: str) -> Declared:
    match = _WORDS.match(words)
    if match is None or match["type"] not in TYPES:
        raise ValueError(
            f"`{words}` declares no column: write a name and one of {', '.join(TYPES)}, then if "
            "wanted a range and a unit, as `co2 float 0..5000 ppm`; `note text?` may be null"
        )
    try:
        low, high = float(match["low"] or -np.inf), float(match["high"] or np.inf)
    except ValueError as error:
        raise ValueError(f"`{words}`: the range is not of numbers") from error
    if low > high:
        raise ValueError(f"`{words}`: the range is empty")
    if (match["low"] or match["high"]) and match["type"] not in ("int", "float"):
        raise ValueError(f"`{words}`: only numbers have a range")
    optional = match["optional"] is not None
    return Declared(match["name"], match["type"], optional, low, high, match["unit"] or "")


def _converted(column: Any, type_: str) -> Array:
    if type_ == "time":
        return parse_times(column, "iso", "UTC")
    if pa.types.is_string(column.type) and type_ in _TEXTS:
        right = pc.match_substring_regex(column, _TEXTS[type_])
        column = pc.if_else(right, pc.utf8_lower(pc.utf8_trim_whitespace(column)), None)
        column = _within_int64(column) if type_ == "int" else column
    elif type_ == "int" and pa.types.is_floating(column.type):
        whole: Any = pc.and_(
            pc.equal(pc.floor(column), column), pc.less(pc.abs(column), pa.scalar(2.0**62))
        )
        column = pc.if_else(whole, column, None)
    elif type_ == "boolean":
        raise pa.ArrowInvalid("a number is neither true nor false")
    return cast(Array, column.cast(TYPES[type_], safe=type_ != "float"))


def _within_int64(texts: Any) -> Any:
    """Null where a whole number is too large to be kept as one."""
    found: Any = texts.cast(_EXACT)
    least, most = (pa.scalar(each).cast(_EXACT) for each in (-(2**63), 2**63 - 1))
    fits = pc.and_(pc.greater_equal(found, least), pc.less_equal(found, most))
    return pc.if_else(fits, texts, None)


def null(column: Any) -> NDArray[np.bool_]:
    """Where a value is null; NaN counts as null."""
    floating = pa.types.is_floating(column.type)
    return pc.is_null(column, nan_is_null=floating).to_numpy(zero_copy_only=False)
