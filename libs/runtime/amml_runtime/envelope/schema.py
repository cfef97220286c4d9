"""The schema of Connect's envelope: the fields of a record, parsed once for each schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
import pyarrow as pa

from amml_runtime.batch import KEY, TIME
from amml_runtime.envelope.types import Kind, kind_of
from amml_runtime.errors import RecordRefused, WorkflowFault

VALUE = "value"  # the only field of what is no struct, such as a key that is a text

_WORDS: dict[pa.DataType, str] = {
    pa.int64(): "int",
    pa.float64(): "float",
    pa.bool_(): "bool",
    pa.string(): "string",
}


@dataclass(frozen=True)
class Field:
    """One field of a record; `default` stands where there is no value, `optional` says it may."""

    name: str
    kind: Kind
    optional: bool
    default: Any = None

    @property
    def word(self) -> str:
        """Its type in the words of the source catalogue."""
        return word_of(self.kind.arrow)


@dataclass(frozen=True)
class Fields:
    """The fields of a schema; of what is no struct it is one."""

    fields: tuple[Field, ...]
    is_struct: bool

    @property
    def columns(self) -> dict[str, str]:
        """The columns they become, each with its type in the catalogue's words."""
        return {each.name: each.word for each in self.fields}


Words: TypeAlias = Mapping[str, str]


def word_of(type_: pa.DataType) -> str:
    """What the source catalogue calls an Arrow type.

    >>> word_of(pa.timestamp("us")), word_of(pa.int64())
    ('timestamp', 'int')
    """
    if pa.types.is_timestamp(type_):
        return "timestamp"
    return "duration" if pa.types.is_duration(type_) else _WORDS[type_]


def fields_of(schema: Any) -> Fields:
    """The fields of a schema as Connect's JsonConverter writes it; raises `RecordRefused`.

    Fields named `_time` or `_key` are left out: a row has its own.

    >>> fields_of({"type": "struct", "fields": [{"type": "int32", "field": "n"}]}).columns
    {'n': 'int'}
    """
    try:
        return _parsed(orjson.dumps(schema))
    except (orjson.JSONEncodeError, AttributeError, LookupError, TypeError, ValueError) as error:
        said = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise RecordRefused(f"its schema is none of Connect's: {said}") from error


def change(expected: Words, found: Words) -> str:
    """The first column that went or has another type, in words; empty where none did.

    >>> change({"a": "int"}, {"a": "string", "b": "int"})
    'column `a` is string, expected int'
    """
    for name, word in expected.items():
        if name not in found:
            return f"column `{name}` ({word}) is gone"
        if found[name] != word:
            return f"column `{name}` is {found[name]}, expected {word}"
    return ""


def fault(where: str, said: str) -> WorkflowFault:
    """What stops a step whose records have changed in a way that its workflow does not know."""
    return WorkflowFault(
        f"{where}: {said}. What came before it is processed, nothing of it was lost. If the change "
        "is meant, give the source its new columns (`amml source add` once more), and deploy again"
    )


@lru_cache(64)
def _parsed(schema: bytes) -> Fields:
    document = orjson.loads(schema)
    if document is None:
        raise ValueError("it is null, as of a connector that knows no schema")
    if document["type"] != "struct":
        return Fields((_field(VALUE, document),), False)
    fields = {str(each["field"]): _field(str(each["field"]), each) for each in document["fields"]}
    return Fields(tuple(fields[name] for name in fields if name not in (TIME, KEY)), True)


def _field(name: str, schema: Mapping[str, Any]) -> Field:
    return Field(name, kind_of(schema), bool(schema.get("optional")), schema.get("default"))
