"""The rows of a file on this machine, or of a source in the catalogue."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amml_deploy.control import Control, from_environment
from amml_deploy.datafile.inspect import inspect_file
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_ingress.source import Source
from amml_progress._shared.times import check_zone
from amml_runtime.batch import Batch


@dataclass(frozen=True)
class _Local:
    """The door to files, with one file behind it."""

    path: Path

    def fetch(self, sha256: str) -> Path:
        """That file."""
        return self.path


def read(target: str, time: str | None, tz: str, most: int) -> Batch:
    """The first rows of a file, or of the source of that name.

    Parameters:
        target: a path, or the name of a source that is a file.
        time: the column with each row's time; of a file, its first unless given.
        tz: the zone of times that name none.
        most: how many rows are read.
    Errors: UserError, no such file or source, or it is none that can be read from start to end.
    """
    try:
        check_zone(tz)
    except ValueError as error:
        raise UserError(f"--tz {tz}: no zone of that name is known") from error
    path = Path(target)
    if path.suffix or path.exists():
        entry = inspect_file(path, time or _first_column(path), tz)
        return _rows(entry, path, most)
    with from_environment() as control, tempfile.TemporaryDirectory(prefix="amml-") as folder:
        entry = control.get(f"/sources/{check('source', target)}")
        if entry["kind"] != "file":
            raise UserError(f"source `{target}` is a {entry['kind']}; compare takes files")
        return _rows(entry, _downloaded(control, entry["sha256"], Path(folder)), most)


def _rows(entry: Mapping[str, Any], path: Path, most: int) -> Batch:
    source = Source("compare", entry=entry, files=_Local(path), tables=_NONE, lake=_NONE)
    batches: list[Batch] = []
    for portion in source.read(None):
        batches.append(portion.batch)
        if sum(batch.rows for batch in batches) >= most:
            break
    return Batch.concat(batches).slice(0, most) if batches else Batch.empty()


def _first_column(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().split(",")[0].strip().strip('"')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read: {error}; --time names the column of times"
        ) from error


def _downloaded(control: Control, sha256: str, folder: Path) -> Path:
    path = folder / sha256
    with control.stream(f"/files/{sha256}") as chunks, path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return path


_NONE: Any = None  # doors that a file does not go through
