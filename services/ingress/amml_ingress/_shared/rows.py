"""Rows of a file as they stand in it, a block at a time, from any row on."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from amml_ingress._shared.log_lines import lines_of, parse
from amml_runtime.batch import Batch, Refusal
from amml_runtime.errors import WorkflowFault
from amml_runtime.records import to_batch

ROWS = 10_000
LINE = "_line"

Reader: TypeAlias = Callable[[Path, list[str]], Iterator[pa.RecordBatch]]


def read_rows(
    path: Path, format_: str, columns: Iterable[str], start: int, pattern: str = ""
) -> Iterator[Batch]:
    """Batches of up to 10,000 rows, from row `start` (the first is 0) to the end.

    The cells of a CSV file are texts, and so are those of a log, whose `pattern` says what they
    are; a line of it that does not match stands in `LINE`. Raises `WorkflowFault` where the file
    is broken.
    """
    try:
        names = list(columns)
        blocks = _log(path, pattern) if format_ == "log" else _READERS[format_](path, names)
        for block in blocks:
            skipped = min(start, block.num_rows)
            start -= skipped
            for at in range(skipped, block.num_rows, ROWS):
                yield Batch(block.slice(at, ROWS))
    except (pa.ArrowInvalid, orjson.JSONDecodeError) as error:
        raise WorkflowFault(f"the file cannot be read as {format_}: {error}") from error


def _csv(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Read on one thread and as text: order and values do not depend on the machine."""
    import pyarrow.csv as csv

    return csv.open_csv(
        path,
        csv.ReadOptions(use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _parquet(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path) as file:
        yield from file.iter_batches(ROWS, columns=columns)


def _jsonl(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """A line a row; blank lines are none."""
    with path.open("rb") as file:
        lines = (line for line in file if not line.isspace())
        while chunk := list(islice(lines, ROWS)):
            yield to_batch([orjson.loads(line) for line in chunk]).data


def _log(path: Path, pattern: str) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as file:
        while chunk := list(islice(file, ROWS)):
            texts = pa.array(lines_of(chunk), pa.string())
            found = parse(texts, pattern)
            line = pc.if_else(found.matched, None, texts)
            yield pa.RecordBatch.from_pydict({**found.fields, LINE: line})


def without_unmatched(raw: Batch) -> tuple[Batch, list[Refusal]]:
    """The rows of which something was read, and the lines of a log that its pattern missed."""
    if LINE not in raw.schema.names:
        return raw, []
    missed = pc.is_valid(raw.column(LINE))
    lines = raw.filter(missed)
    if not lines.rows:
        return raw, []
    said = Batch(pa.RecordBatch.from_pydict({"line": lines.column(LINE)}))
    return raw.filter(pc.invert(missed)), [Refusal(said, "the line does not match the pattern")]


_READERS: dict[str, Reader] = {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}
