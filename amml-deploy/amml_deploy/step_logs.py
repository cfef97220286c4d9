"""The log files of a workflow's steps, read together: the last lines, then what is added."""

import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_NAME = re.compile(r"([a-z][a-z0-9_.]*)\.(\d+)\.log")
_POLL = 0.2
_LONGEST = 64 << 10  # bytes of a line without an end that are shown as one
_TAIL_BLOCK = 256 << 10


@dataclass(frozen=True)
class Line:
    """One line of a step's log."""

    label: str
    slot: int
    text: str


def log_files(folder: Path, label: str | None = None) -> list[Path]:
    """The log files of all steps, or of one, by step and slot."""
    found = [
        (match, path) for path in folder.glob("*.log") if (match := _NAME.fullmatch(path.name))
    ]
    wanted = [(m[1], int(m[2]), path) for m, path in found if label in (None, m[1])]
    return [path for _, _, path in sorted(wanted)]


def labels(folder: Path) -> list[str]:
    """The steps that have a log."""
    return sorted({match[1] for p in folder.glob("*.log") if (match := _NAME.fullmatch(p.name))})


def read_logs(folder: Path, label: str | None, last: int, follow: bool) -> Iterator[Line]:
    """The last lines of each log, then, following, every new line of any as it comes.

    Logs that appear while following are read from their start, one that shrank is read anew.
    """
    open_logs = {path: _Log(path, last) for path in log_files(folder, label)}
    for log in open_logs.values():
        yield from log.lines()
    while follow:
        time.sleep(_POLL)
        for path in log_files(folder, label):
            if path not in open_logs:
                open_logs[path] = _Log(path, None)
            yield from open_logs[path].lines()


class _Log:
    """One file, read on from where it was left."""

    def __init__(self, path: Path, last: int | None) -> None:
        match = _NAME.fullmatch(path.name)
        assert match is not None  # `log_files` gives no other
        self._path = path
        self._label, self._slot = match[1], int(match[2])
        self._at = 0 if last is None else _start_of_last(path, last)
        self._rest = b""

    def lines(self) -> Iterator[Line]:
        """The whole lines there are by now."""
        for line in self._new_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n") and len(line) < _LONGEST:
                self._rest = line
                return
            text = line.rstrip(b"\r\n").decode(errors="backslashreplace")
            yield Line(self._label, self._slot, text)

    def _new_bytes(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._at:
                    self._at, self._rest = 0, b""
                file.seek(self._at)
                new = file.read()
                self._at = file.tell()
        except FileNotFoundError:
            return b""
        data, self._rest = self._rest + new, b""
        return data


def _start_of_last(path: Path, lines: int) -> int:
    """The offset at which the last `lines` lines begin."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        starts = deque(_line_starts_from_end(file, end, lines), maxlen=1)
    return starts[0] if starts else end


def _line_starts_from_end(file: BinaryIO, end: int, lines: int) -> Iterator[int]:
    """Where the last line begins, then the one before it, ... at the most `lines` of them."""
    found, position, at_end = 0, end, True
    while position > 0 and found < lines:
        start = max(0, position - _TAIL_BLOCK)
        file.seek(start)
        block = file.read(position - start)
        at = len(block) - 1 if at_end and block.endswith(b"\n") else len(block)
        while found < lines and (at := block.rfind(b"\n", 0, at)) >= 0:
            yield start + at + 1
            found += 1
        position, at_end = start, False
    if found < lines and end > 0:
        yield 0
