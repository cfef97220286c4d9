"""JSON lines: one object a line, every mistake with its line."""

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

import pyarrow as pa

from amml_deploy.datafile.block import Block
from amml_deploy.datafile.column_types import Array, ColumnType
from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.hashed import HashedFile

_BLOCK = 10_000
_BUFFER = 1 << 20
_INT64 = 1 << 63
_WORDS = {int: "int", float: "float", bool: "bool", str: "text"}


class JsonlReader:
    """The rows of a JSON lines file."""

    def __init__(self, file: HashedFile) -> None:
        self._lines = io.BufferedReader(file, _BUFFER)
        self._kinds: dict[str, str] = {}  # int, float, bool, text; empty: only nulls so far
        self._texts: dict[str, ColumnType] = {}

    @property
    def types(self) -> dict[str, str]:
        """Each column's type, as far as the file has been read."""
        return {name: self._type(name) for name in self._kinds}

    def _type(self, name: str) -> str:
        kind = self._kinds[name]
        if kind not in ("", "text"):
            return kind
        # A quoted number is text, but a quoted time is a time: JSON has no other way to write it.
        narrowed = self._texts[name].name if name in self._texts else "string"
        return "timestamp" if narrowed == "timestamp" else "string"

    def blocks(self) -> Iterator[Block]:
        """All rows, in order; a name that a row lacks is null there.

        Errors: DataFileRefused, for a line that is no flat object, or a column of mixed types.
        """
        lines = ((n, line) for n, line in enumerate(self._lines, 1) if line.strip())
        while chunk := list(islice(lines, _BLOCK)):
            records = [_record(number, line) for number, line in chunk]
            for (number, _), record in zip(chunk, records, strict=True):
                self._see(number, record)
            columns = {name: _array(records, name, kind) for name, kind in self._kinds.items()}
            for name, values in columns.items():
                if self._kinds[name] == "text":
                    self._texts.setdefault(name, ColumnType()).see(values)
            yield Block(chunk[0][0], len(records), columns)

    def _see(self, number: int, record: dict[str, Any]) -> None:
        for name, value in record.items():
            kind = _kind(number, name, value)
            before = self._kinds.setdefault(name, kind) or kind
            if {before, kind} <= {"int", "float"}:
                kind = "int" if before == kind == "int" else "float"
            elif kind and before != kind:
                raise DataFileRefused(
                    f"row {number}: column `{name}` holds {kind}, rows before hold {before}"
                )
            self._kinds[name] = kind or before


def _record(number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataFileRefused(f"row {number} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise DataFileRefused(f'row {number} is not a JSON object such as {{"a": 1}}')
    return record


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON, write null")


def _kind(number: int, name: str, value: Any) -> str:
    if value is None:
        return ""
    kind = _WORDS.get(type(value))
    if kind is None:
        found = "a list" if isinstance(value, list) else "an object"
        raise DataFileRefused(
            f"row {number}: column `{name}` holds {found}, expected a number, text or boolean"
        )
    if kind == "int" and not -_INT64 <= value < _INT64:
        raise DataFileRefused(f"row {number}: column `{name}` holds an integer beyond 64 bits")
    return kind


def _array(records: list[dict[str, Any]], name: str, kind: str) -> Array:
    values = [record.get(name) for record in records]
    if kind in ("int", "float"):  # as a time, a number stands for itself
        return pa.array(values, pa.int64() if kind == "int" else pa.float64())
    return pa.array([None if value is None else str(value) for value in values], pa.string())
