"""Putting a file or a topic into the source catalogue."""

import io
import zoneinfo
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from amml_deploy.control import Control, ControlError
from amml_deploy.datafile.column_types import TYPES
from amml_deploy.datafile.hashed import Progress
from amml_deploy.datafile.inspect import inspect_file
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.output import progress_bytes, say
from amml_deploy.planner.faults import suggestion


def add_file(
    control: Control,
    name: str,
    path: Path,
    time: str | None,
    tz: str = "UTC",
    key: Sequence[str] = (),
    format_: str | None = None,
    pattern: str = "",
) -> dict[str, Any]:
    """Look at a file, upload it unless its bytes are there already, and register it.

    Errors: DataFileRefused; ControlError; AmmlError, the file changed meanwhile.
    """
    with progress_bytes(f"reading {path.name}") as progress:
        entry = inspect_file(path, time, tz, key, format_, progress, pattern)
    if unread := entry.get("unread"):
        say(f"{path.name}: {unread:,} lines do not match the pattern; they are dead letters")
    if _is_stored(control, entry["sha256"]):
        say(f"{path.name}: these bytes are there already")
    else:
        _upload(control, path, entry)
    return control.put(f"/sources/{name}", entry)


def topic_entry(
    topic: str, time: str | None, tz: str, key: Sequence[str], columns: str
) -> dict[str, Any]:
    """The entry of a topic of JSON records.

    Errors: UserError, a column without a known type, or a time or key that is none of them.

    >>> topic_entry("co2.raw", "at", "UTC", [], "at:timestamp,co2:float")["columns"]
    [{'name': 'at', 'type': 'timestamp'}, {'name': 'co2', 'type': 'float'}]
    """
    parsed = [_column(text) for text in columns.split(",") if text.strip()]
    names = [column["name"] for column in parsed]
    for wanted in [*([time] if time else []), *key] if parsed else []:
        if wanted not in names:
            raise UserError(f"`{wanted}` is not among --columns {columns}")
    if len(set(names)) < len(names):
        raise UserError(f"--columns {columns}: a name stands there twice")
    return {
        "kind": "topic",
        "topic": topic,
        "time": time,
        "tz": tz,
        "key": list(key),
        "columns": parsed,
    }


def check_zone(tz: str) -> str:
    """`tz`, if it is a time zone.

    Errors: UserError.

    >>> check_zone("Asia/Seoul")
    'Asia/Seoul'
    """
    try:
        zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(
            f"--tz: no time zone {tz[:60]!r}; zones are named as Asia/Seoul, Europe/Berlin or UTC"
        ) from None
    return tz


def refuse_unknown(option: str, names: Iterable[str], columns: Collection[str]) -> None:
    """Whether what an option names is among the columns that were found.

    Errors: UserError, with the nearest one.
    """
    for name in names:
        if name not in columns:
            raise UserError(f"{option}: no column `{name}`; {suggestion(name, columns)}")


def _column(text: str) -> dict[str, str]:
    name, _, word = text.strip().rpartition(":")
    if not name or word not in TYPES:
        raise UserError(
            f"--columns: expected NAME:TYPE with one of {', '.join(TYPES)}, found {text.strip()!r}"
        )
    return {"name": name, "type": word}


def _is_stored(control: Control, sha256: str) -> bool:
    try:
        with control.stream(f"/files/{sha256}"):
            return True
    except ControlError as error:
        if error.status == 404:
            return False
        raise


def _upload(control: Control, path: Path, entry: dict[str, Any]) -> None:
    """Send the bytes; the server refuses them if they are no longer those that were looked at."""
    with progress_bytes(f"sending {path.name}") as progress:
        with _Watched(path, entry["bytes"], progress) as file:
            try:
                control.put(f"/files/{entry['sha256']}", cast(BinaryIO, file))
            except ControlError as error:
                if error.code != "wrong_sha256":
                    raise
                raise AmmlError(f"{path} changed meanwhile: run the command again") from error


class _Watched(io.FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, total: int, progress: Progress) -> None:
        super().__init__(path)
        self._total = total
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and tell."""
        data = super().read(-1 if size is None else size)
        self._progress(self.tell(), self._total)
        return data or b""
