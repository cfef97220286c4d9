"""The payloads of one schema as columns, and why some of them are no such record."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amml_runtime.batch import Array
from amml_runtime.envelope.schema import Field, Fields

_LONGEST = 60  # characters of a value that a reason shows


class Columns(NamedTuple):
    """Columns of as many values as there were payloads; `wrong` says which of those are none."""

    arrays: Mapping[str, Array]
    wrong: dict[int, str]


def columns_of(fields: Fields, payloads: Sequence[Any]) -> Columns:
    """The payloads' values by field, each in its column's type.

    >>> from amml_runtime.envelope.schema import fields_of
    >>> found = columns_of(fields_of({"type": "int8"}), [1, "x"])
    >>> found.arrays["value"].to_pylist(), found.wrong
    ([1, None], {1: "column `value`: 'x' is no int"})
    """
    arrays: dict[str, Array] = {}
    wrong: dict[int, str] = {}
    for field in fields.fields:
        values = _values(field, payloads) if fields.is_struct else payloads
        arrays[field.name], unread = field.kind.column(values)
        for at in unread:
            wrong.setdefault(at, f"column `{field.name}`: {_said(values[at])} is no {field.word}")
        if not field.optional and arrays[field.name].null_count > len(unread):
            for at in (at for at, value in enumerate(values) if value is None):
                wrong.setdefault(at, f"column `{field.name}` is required, and has no value")
    return Columns(arrays, wrong)


def _values(field: Field, payloads: Sequence[Any]) -> list[Any]:
    """The field's values; its default where one is missing, or null and required."""
    name, default = field.name, field.default
    try:
        values = [each[name] for each in payloads]
    except KeyError:
        values = [each.get(name, default) for each in payloads]
    if default is not None and not field.optional and None in values:
        return [default if value is None else value for value in values]
    return values


def _said(value: Any) -> str:
    """A value in a reason; a nested one may be too deep to be shown."""
    known = {dict: "an object", list: "a list"}
    return known.get(type(value)) or repr(value)[:_LONGEST]
