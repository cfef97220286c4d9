"""Golden programs: rows in, a fragment of a workflow, rows out. The format is in `Program`."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from amml_language.compiler import compile_text
from amml_language.datatypes import Type
from amml_language.instruction import written
from amml_language.parser import parse_expression
from amml_language.program import SetScript
from amml_language.script import Script, fold
from amml_language.signature import Signature
from amml_language.tree import Duration

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.amml"))
ARROW = {
    "int": pa.int64(),
    "uint64": pa.uint64(),
    "float": pa.float64(),
    "float32": pa.float32(),
    "decimal": pa.decimal128(10, 2),
    "text": pa.string(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", "UTC"),
    "time_ns": pa.timestamp("ns", "Asia/Seoul"),
    "date": pa.date32(),
    "duration": pa.duration("us"),
}
GIVEN, TYPES, NULLED, EXPECT = "# given:", "# types:", "# nulled:", "# expect:"


class Program:
    """A file of `# given:` JSON rows, a fragment, and behind it `# expect:` JSON rows.

    `# types:` names the types of columns that JSON cannot tell; `# nulled:` counts the rows that
    an operation could not compute, if there are any.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        *head, self.line = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        self.given, self.types = _after(GIVEN, head), _after(TYPES, head)
        self.text = self.line.partition(EXPECT)[0].rstrip()

    def batch(self) -> pa.RecordBatch:
        rows = _rows(self.given)
        types = dict(pair.split("=") for pair in self.types.split(", ") if pair)
        names = list(dict.fromkeys(name for row in rows for name in row)) or list(types)
        columns = [_column([row.get(name) for row in rows], types.get(name)) for name in names]
        return pa.RecordBatch.from_arrays(columns, names=names)

    def golden(self, batch: pa.RecordBatch, nulled: int) -> str:
        rows = (json.dumps(row, default=_json, ensure_ascii=False) for row in batch.to_pylist())
        lines = [f"{GIVEN} {self.given}", f"{TYPES} {self.types}" if self.types else ""]
        lines.append(f"{NULLED} {nulled}" if nulled else "")
        lines.append(f"{self.text}  {EXPECT} {' '.join(rows)}")
        return "".join(f"{line.rstrip()}\n" for line in lines if line)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_gives_exactly_these_rows(
    path: Path, signatures: Mapping[str, Signature], update_golden: bool
) -> None:
    program = Program(path)
    found = program.golden(*_run(program, signatures))
    if update_golden:
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_there_are_sixty_programs_and_more() -> None:
    assert len(PROGRAMS) >= 60


def _run(program: Program, signatures: Mapping[str, Signature]) -> tuple[pa.RecordBatch, int]:
    batch, nulled = program.batch(), 0
    for each in compile_text(program.text, signatures, fragment=True).instructions:
        if not isinstance(each, SetScript):
            continue
        if isinstance(each.script, Script):
            kept = each.script.run(batch, expect=Type.BOOLEAN)
            batch, nulled = batch.filter(kept.values), nulled + kept.nulled
        else:
            for name, script in each.script:
                computed = script.run(batch)
                nulled += computed.nulled
                batch = _with_column(batch, name, computed.values)
    return batch, nulled


def _with_column(batch: pa.RecordBatch, name: str, values: "pa.Array[Any]") -> pa.RecordBatch:
    if name in batch.schema.names:
        return batch.set_column(batch.schema.names.index(name), name, values)
    return batch.append_column(name, values)


def _after(mark: str, lines: list[str]) -> str:
    return next((line[len(mark) :].strip() for line in lines if line.startswith(mark)), "")


def _rows(text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while text := text.lstrip():
        row, end = json.JSONDecoder().raw_decode(text)
        rows.append(row)
        text = text[end:]
    return rows


def _column(values: list[Any], kind: str | None) -> "pa.Array[Any]":
    if kind is None:
        return pa.array(values)
    if kind == "decimal":
        return pa.array(values).cast(ARROW[kind])
    if kind in ("time", "time_ns", "date"):
        values = [value and datetime.fromisoformat(value) for value in values]
    if kind == "duration":
        values = [value and _microseconds(value) for value in values]
    return pa.array(values, ARROW[kind])


def _microseconds(text: str) -> int:
    value = fold(parse_expression(text), text)
    assert isinstance(value, Duration)
    return value.microseconds


def _json(value: Any) -> str:
    if isinstance(value, timedelta):
        return written(Duration(value // timedelta(microseconds=1)))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
