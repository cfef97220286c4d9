"""What type a column has, decided by every value in it and not by the first few.

The types are the catalogue's words: `int`, `float`, `bool`, `timestamp`, `string`. A column
has the first of them that all its values can be read as.
"""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

# The source's own reading, so that what is catalogued here is what it will find.
from amml_ingress._shared.cells import present, read_times

Array: TypeAlias = "pa.Array[Any]"

TYPES = ("int", "float", "bool", "timestamp", "string")

_WIDER = {"int": "float", "float": "string", "bool": "string", "timestamp": "string"}
_BOOLEANS = pa.array(["true", "True", "TRUE", "false", "False", "FALSE"])


class ColumnType:
    """The type of one column, widened block by block as its values ask for.

    >>> column = ColumnType()
    >>> column.see(pa.array(["1", "2"])); column.see(pa.array(["2.5", ""])); column.name
    'float'
    """

    def __init__(self) -> None:
        self._name = ""

    @property
    def name(self) -> str:
        """The type so far; a column without a value is `string`."""
        return self._name or "string"

    def see(self, texts: Array) -> None:
        """Take the next values in, as text."""
        values = present(texts, "timestamp").drop_null()
        if len(values) == 0:
            return
        if not self._name:
            self._name = next(name for name in TYPES if readable_as(values, name))
        while not readable_as(values, self._name):
            self._name = _WIDER[self._name]


def readable_as(values: Array, type_name: str) -> bool:
    """Whether every text can be read as that type.

    >>> readable_as(pa.array(["2016-07-01 00:00:00"]), "timestamp")
    True
    """
    if type_name == "string":
        return True
    if type_name == "bool":
        return bool(pc.all(pc.is_in(values, value_set=_BOOLEANS)).as_py())
    if type_name == "timestamp":
        return _are_times(values.slice(0, 1)) and _are_times(values)
    # Arrow reads `0x1f` as an integer, but not as the float that the column may turn out to be.
    return _castable(values, pa.float64()) and (
        type_name == "float" or _castable(values, pa.int64())
    )


def _are_times(values: Array) -> bool:
    return read_times(values, "UTC").null_count == 0


def _castable(values: Array, type_: pa.DataType) -> bool:
    try:
        values.cast(type_)
    except pa.ArrowInvalid:
        return False
    return True
