"""A log by its pattern: a line a row, as texts; the lines that it misses are counted."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from amml_deploy.datafile.block import Block
from amml_deploy.datafile.column_types import ColumnType
from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.hashed import HashedFile
from amml_ingress._shared.log_lines import lines_of, parse

_BLOCK = 10_000
_BUFFER = 1 << 20


class LogReader:
    """The rows of a log."""

    def __init__(self, file: HashedFile, pattern: str) -> None:
        self._lines = io.BufferedReader(file, _BUFFER)
        self._pattern = pattern
        self._types: dict[str, ColumnType] = {}
        self._unread = 0

    @property
    def types(self) -> dict[str, str]:
        """Each column's type, as far as the file has been read."""
        return {name: column.name for name, column in self._types.items()}

    def to_json(self) -> dict[str, Any]:
        """What the catalogue's entry has beside a file's: the pattern, and how much it missed."""
        return {"pattern": self._pattern, "unread": self._unread}

    def blocks(self) -> Iterator[Block]:
        """All rows, in order.

        Errors: DataFileRefused, the pattern is none, or matches nothing in the first lines.
        """
        row = 1
        while chunk := list(islice(self._lines, _BLOCK)):
            texts = pa.array(lines_of(chunk), pa.string())
            try:
                found = parse(texts, self._pattern)
            except ValueError as error:
                raise DataFileRefused(str(error)) from None
            fields = {name: each.filter(found.matched) for name, each in found.fields.items()}
            rows = len(next(iter(fields.values())))
            if row == 1 and not rows:
                raise DataFileRefused(f"the pattern matches no line; line 1 is {chunk[0][:120]!r}")
            self._unread += len(chunk) - rows
            for name, values in fields.items():
                self._types.setdefault(name, ColumnType()).see(values)
            yield Block(row, rows, fields)
            row += len(chunk)
