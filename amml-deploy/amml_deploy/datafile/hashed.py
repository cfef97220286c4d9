"""A file read from start to end exactly once: its bytes, its SHA-256 and how far it got."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

Progress: TypeAlias = Callable[[int, int], None]  # bytes done, bytes in all

_CHUNK = 1 << 20


class HashedFile(io.RawIOBase):
    """A stream over a file that hashes what passes, so hash and content are of the same bytes.

    Parameters:
        path: the file.
        progress: told after each read how many bytes of how many were read.
    Errors: OSError, the file cannot be read.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__()
        self.path = path
        self._file = path.open("rb")
        self._hash = hashlib.sha256()
        self._progress = progress
        self.size = path.stat().st_size
        self.done = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def head(self, size: int) -> bytes:
        """The first bytes, without moving on; only before anything was read."""
        data = self._file.read(size)
        self._file.seek(0)
        return data

    def readinto(self, buffer: Any) -> int:
        """Read, and hash what was read."""
        count = self._file.readinto(buffer)
        self._hash.update(memoryview(buffer)[:count])
        self.done += count
        self._progress(self.done, self.size)
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def sha256(self) -> str:
        """The hash of the whole file; what was not read yet is read now."""
        while self.read(_CHUNK):
            pass
        return self._hash.hexdigest()
