"""A data file as the source catalogue knows it: format, columns, rows, times and hash."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amml_deploy.datafile.block import Reader
from amml_deploy.datafile.csv_reader import CsvReader
from amml_deploy.datafile.errors import DataFileRefused
from amml_deploy.datafile.event_times import EventTimes, iso
from amml_deploy.datafile.hashed import HashedFile, Progress
from amml_deploy.datafile.jsonl_reader import JsonlReader
from amml_deploy.datafile.log_reader import LogReader
from amml_deploy.datafile.parquet_reader import ParquetReader
from amml_deploy.planner.faults import suggestion

_READERS: dict[str, type[CsvReader] | type[JsonlReader] | type[ParquetReader]] = {
    "csv": CsvReader,
    "parquet": ParquetReader,
    "jsonl": JsonlReader,
}
FORMATS = (*_READERS, "log")
_ENDINGS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_RESERVED = ("_time", "_key")


def inspect_file(
    path: Path,
    time: str | None,
    tz: str = "UTC",
    key: Sequence[str] = (),
    format: str | None = None,
    progress: Progress = lambda done, total: None,
    pattern: str = "",
) -> dict[str, Any]:
    """The catalogue's entry of a file, which is read to its end.

    Parameters:
        path: the file.
        time: the column with each row's event time, if its rows have one.
        tz: the zone of times that name none.
        key: the columns that make a row's key.
        format: one of FORMATS; None: what the file looks like.
        progress: told how far the reading is.
        pattern: how a line of a log is written.
    Errors: DataFileRefused, naming the file, and where there is one the row and the column.
    """
    try:
        with HashedFile(path, progress) as file:
            if format == "log":
                log = LogReader(file, pattern)
                return _entry(file, log, "log", time, tz, key) | log.to_json()
            format = format or _format(file)
            return _entry(file, _READERS[format](file), format, time, tz, key)
    except DataFileRefused as refused:
        raise DataFileRefused(f"{path}: {refused}") from refused
    except OSError as error:
        raise DataFileRefused(f"{path} cannot be read: {error.strerror or error}") from error


def _entry(
    file: HashedFile, reader: Reader, format: str, time: str | None, tz: str, key: Sequence[str]
) -> dict[str, Any]:
    times, rows = EventTimes(time or "", tz), 0
    for block in reader.blocks():
        if rows == 0:
            _refuse_unknown([*([time] if time else []), *key], list(block.columns))
        if time:
            times.see(block.columns[time], block.row)
        rows += block.rows
    if not rows:
        raise DataFileRefused("there are no rows in it")
    return {
        "kind": "file",
        "format": format,
        "sha256": file.sha256(),
        "bytes": file.size,
        "time": time,
        "tz": tz,
        "key": list(key),
        "columns": [{"name": name, "type": word} for name, word in reader.types.items()],
        "rows": rows,
        "first": times.first and iso(times.first),
        "last": times.last and iso(times.last),
        "file": file.path.name,
    }


def _format(file: HashedFile) -> str:
    head = file.head(1024)
    if head.startswith(b"\x1f\x8b"):
        raise DataFileRefused("the file is compressed; unpack it first, as with gunzip")
    if head.startswith(b"PAR1"):
        return "parquet"
    guess = "jsonl" if head.lstrip().startswith(b"{") else "csv"
    return _ENDINGS.get(file.path.suffix.lower(), guess)


def _refuse_unknown(wanted: Sequence[str], names: list[str]) -> None:
    for name in wanted:
        if name not in names:
            raise DataFileRefused(f"no column `{name}`; {suggestion(name, names)}")
    for name in names:
        if name in _RESERVED:
            raise DataFileRefused(f"the column name `{name}` is AMML's own; rename the column")
