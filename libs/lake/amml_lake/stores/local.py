"""A store in a local folder."""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from amml_lake.errors import Refused
from amml_lake.stores.store import Entry


class LocalStore:
    """Files below a folder, written through to the disk.

    >>> import tempfile
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> store.write("a/x", b"42")
    >>> store.rename("a/x", "a/y"), store.rename("a/x", "a/y"), store.read("a/y")
    (True, False, b'42')
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).absolute()

    @property
    def url(self) -> str:
        """`file://` and the folder."""
        return f"file://{self._root}"

    @property
    def at_once(self) -> int:
        """One: a thread costs more than a small file."""
        return 1

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Write a file, whatever was there, and its folders."""
        with _plainly(path):
            file = self._root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())

    def read(self, path: str) -> bytes:
        """All of a file; raises FileNotFoundError."""
        with _plainly(path):
            return (self._root / path).read_bytes()

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """The bytes `[start, start + length)` of a file; raises FileNotFoundError."""
        with _plainly(path), (self._root / path).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def rename(self, path: str, to: str) -> bool:
        """Rename a file; False: `to` is there, or `path` is not.

        By a second name for the file and then the end of the first: `rename` itself would
        overwrite. A crash in between leaves both; the next one ends the first.
        """
        source, target = self._root / path, self._root / to
        with _plainly(to):
            try:
                os.link(source, target)
            except FileNotFoundError:
                return False
            except FileExistsError:
                if not _is_one(source, target):
                    return False
            _sync_folder(target.parent)
            source.unlink(missing_ok=True)
        return True

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; fine if it is there."""
        with _plainly(path):
            (self._root / path).mkdir(parents=True, exist_ok=True)

    def size(self, path: str) -> int | None:
        """The length of a file; None if there is none."""
        with _plainly(path):
            file = self._root / path
            return file.stat().st_size if file.is_file() else None

    def list(self, path: str) -> Sequence[Entry]:
        """What is in a folder, by name; nothing if it is not there."""
        with _plainly(path):
            try:
                with os.scandir(self._root / path) as found:
                    return sorted(filter(None, map(_entry, found)))
            except (FileNotFoundError, NotADirectoryError):
                return []

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it; fine if it is not there."""
        with _plainly(path):
            target = self._root / path
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is open."""


def _entry(found: "os.DirEntry[str]") -> Entry | None:
    """What a folder lists; None for what has gone since it was listed."""
    try:
        status = found.stat()
    except FileNotFoundError:
        return None
    return Entry(found.name, found.is_dir(), status.st_size, status.st_mtime_ns // 1_000_000)


def _is_one(source: Path, target: Path) -> bool:
    """Whether both are names of one file, as a rename leaves it that died half way."""
    try:
        return source.samefile(target)
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _plainly(path: str) -> Generator[None]:
    """A full disk or a folder that may not be written to is one message."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Refused(f"{error.filename or path}: {error.strerror or error}") from error
