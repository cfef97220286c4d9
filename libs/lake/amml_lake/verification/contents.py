"""What the files hold, checked against what their manifests say."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from amml_lake.errors import Broken
from amml_lake.manifest import DataFile
from amml_lake.parquet_file import open_parquet
from amml_lake.partitions import Partitions
from amml_lake.stores import Store
from amml_lake.verification.findings import Finding

_TIME = "_time"
_BATCH_ROWS = 65_536


def check_file(
    store: Store, file: DataFile, types: Mapping[str, str], partitions: Partitions | None
) -> list[Finding]:
    """Whether a file's footer is right, and with `partitions` the time of every row, too.

    `types` are the Arrow types that the data set's columns have.
    """
    findings: list[Finding] = []
    try:
        with open_parquet(store, file.path, file.bytes) as opened:
            findings += _check_footer(file, opened, types)
            if partitions:
                findings += _check_rows(file, opened, partitions)
    except Broken as error:
        findings.append(Finding("footer", str(error)))
    return findings


def _check_footer(
    file: DataFile, opened: pq.ParquetFile, types: Mapping[str, str]
) -> Iterator[Finding]:
    rows = opened.metadata.num_rows
    if rows != file.rows:
        yield Finding("footer", f"{file.path}: has {rows} rows, its manifest says {file.rows}")
    for column in opened.schema_arrow:
        if types.get(column.name) != str(column.type):
            text = f"is {column.type}, and {types.get(column.name, 'unknown')} in the data set"
            yield Finding("footer", f"{file.path}: column `{column.name}` {text}")


def _check_rows(
    file: DataFile, opened: pq.ParquetFile, partitions: Partitions
) -> Iterator[Finding]:
    """Reads all columns: bytes that do not decode are found as well."""
    first: int | None = None
    last: int | None = None
    strange = 0
    for batch in opened.iter_batches(_BATCH_ROWS):
        times: pa.Array[Any] = batch.column(_TIME)
        found: Any = pc.min_max(times.cast(pa.int64())).as_py()
        first = min((t for t in (first, found["min"]) if t is not None), default=None)
        last = max((t for t in (last, found["max"]) if t is not None), default=None)
        strange += sum(
            len(times) if rows is None else len(rows)
            for folder, rows in partitions.split(times)
            if folder != file.folder
        )
    if strange:
        yield Finding("misplaced", f"{file.path}: {strange} rows belong into other folders")
    if (first, last) != (file.first, file.last):
        text = f"times from {first} to {last}, its manifest says {file.first} to {file.last}"
        yield Finding("misplaced", f"{file.path}: {text}")
