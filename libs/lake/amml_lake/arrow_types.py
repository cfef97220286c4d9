"""Arrow types by the names that manifests have for them."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa

_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.+)\]")


def schema_of(columns: Sequence[Mapping[str, Any]]) -> pa.Schema | None:
    """The schema of a document's columns; None where a type is not known by its name.

    >>> schema_of([{"name": "co2", "type": "double", "meta": None}])
    co2: double
    """
    types = [type_of(each["type"]) for each in columns]
    if None in types:
        return None
    fields: list[pa.Field[Any]] = []
    for each, type_ in zip(columns, types, strict=True):
        assert type_ is not None
        meta = each.get("meta")
        fields.append(
            pa.field(each["name"], type_, metadata={"amml": json.dumps(meta)} if meta else None)
        )
    return pa.schema(fields)


def type_of(name: str) -> Any:
    """A type by what `str` of it gives; None: of these not, as of nested ones.

    >>> type_of("timestamp[us, tz=UTC]"), type_of("struct<a: int64>")
    (TimestampType(timestamp[us, tz=UTC]), None)
    """
    if zoned := _ZONED.fullmatch(name):
        return pa.timestamp(zoned[1], zoned[2])  # type: ignore[call-overload]
    try:
        return pa.type_for_alias(cast(Any, name))
    except ValueError:
        return None
