"""CSV with a header: read as text, a block at a time, every mistake with its row.

Rows count as a spreadsheet counts them: the header is row 1.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pv

from amml_deploy.datafile.block import Block
from amml_deploy.datafile.column_types import Array, ColumnType
from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.hashed import HashedFile

_HEADER_LIMIT = 1 << 20


class CsvReader:
    """The rows of a CSV file."""

    def __init__(self, file: HashedFile) -> None:
        self._file = file
        self._types = {name: ColumnType() for name in _header(file)}

    @property
    def types(self) -> dict[str, str]:
        """Each column's type, as far as the file has been read."""
        return {name: column.name for name, column in self._types.items()}

    def blocks(self) -> Iterator[Block]:
        """All rows, as texts; the file is read once, in order.

        Errors: DataFileRefused, for a row with too many or too few values, with broken text, or
            with a quote that is never closed.
        """
        row, last = 2, b""
        for batch in self._batches():
            texts = {
                name: _decoded(name, batch.column(i), row) for i, name in enumerate(self._types)
            }
            for name, values in texts.items():
                self._types[name].see(values)
            yield Block(row, batch.num_rows, texts)
            row += batch.num_rows
            last = batch.column(len(self._types) - 1)[-1].as_py() if batch.num_rows else last
        if row > 2 and _stays_open(self._file.path, last):
            raise DataFileRefused(
                f"row {row - 1}: the quote before {last.decode(errors='replace')[:40]!r} is never "
                "closed, so all that follows it is one value"
            )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        types = dict.fromkeys(self._types, pa.binary())
        try:
            yield from pv.open_csv(
                cast(IO[bytes], self._file),
                pv.ReadOptions(use_threads=False),
                pv.ParseOptions(newlines_in_values=True),
                pv.ConvertOptions(column_types=types),
            )
        except pa.ArrowInvalid as error:
            raise DataFileRefused(_explained(str(error))) from error


def _header(file: HashedFile) -> list[str]:
    """The columns' names; checked, because everything after refers to them."""
    first = file.head(_HEADER_LIMIT)
    try:
        text = first.decode("utf-8-sig", "strict" if len(first) < _HEADER_LIMIT else "ignore")
    except UnicodeDecodeError:
        text = _first_line_only(first)
    names = next(csv.reader(text.splitlines()), [])
    if not names:
        raise DataFileRefused("the file is empty; its first row has to name the columns")
    _refuse_other_separators(names)
    _refuse_bad_names(names)
    return names


def _first_line_only(data: bytes) -> str:
    """Broken text further down is found, with its row, when it is read."""
    try:
        return data.partition(b"\n")[0].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataFileRefused("row 1 is not UTF-8 text; save the file as UTF-8") from None


def _refuse_other_separators(names: list[str]) -> None:
    for separator, word in ((";", "`;`"), ("\t", "a tab")):
        if len(names) == 1 and separator in names[0]:
            raise DataFileRefused(
                f"the columns are separated by {word}, expected a comma; save the file with commas"
            )


def _refuse_bad_names(names: list[str]) -> None:
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise DataFileRefused(f"row 1: column {number} has no name")
        if names.index(name) < number - 1:
            raise DataFileRefused(f"row 1: two columns are named `{name}`")


def _decoded(name: str, values: Array, row: int) -> Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        at = next(i for i, value in enumerate(values.to_pylist()) if not _is_text(value))
        raise DataFileRefused(
            f"row {row + at}: column `{name}` is not UTF-8 text; save the file as UTF-8"
        ) from None


def _is_text(value: Any) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _stays_open(path: Path, last: bytes) -> bool:
    """Whether the last value of a file is in quotes that the end of the file had to close.

    Arrow takes it without a word, and every row that follows the quote as part of the value.
    """
    value = last.replace(b'"', b'""')
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - len(value) - 2))
        tail = file.read()
    if not value.strip(b'"'):  # nothing but quotes: those that belong together are even
        return (len(tail) - len(tail.rstrip(b'"'))) % 2 == 1
    return tail.endswith(b'"' + value)


def _explained(problem: str) -> str:
    """Arrow's message in our words: `Row #3: Expected 2 columns, got 1: 1`."""
    found = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): (.*)", problem, re.S)
    if found is None:
        return f"the file cannot be read as CSV: {problem.partition('CSV parse error: ')[2]}"
    where = f"row {found[1]}" if found[1] else "the last row"
    text = found[4].splitlines()[0][:80] if found[4] else ""
    return f"{where} has {found[3]} value(s), expected {found[2]} as in the header: {text!r}"
