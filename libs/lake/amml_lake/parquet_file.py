"""A Parquet file of a store, read where it lies."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from amml_lake.errors import Broken
from amml_lake.stores import Store


@contextmanager
def open_parquet(store: Store, path: str, size: int) -> Generator[pq.ParquetFile]:
    """The file at `path`, whose length is `size`; only what is asked for is fetched.

    Errors: Broken, also while it is read: it is not there, or cannot be understood.
    """
    source: Any = StoredFile(store, path, size)  # pyarrow asks for less than an IO[bytes] has
    try:
        with pq.ParquetFile(source) as opened:
            yield opened
    except FileNotFoundError as error:
        raise Broken(f"{path}: has gone") from error
    except (pa.ArrowException, OSError) as error:
        raise Broken(f"{path}: cannot be read ({_first_line(error)})") from error


class StoredFile(io.RawIOBase):
    """The bytes of a stored file, by position, as pyarrow asks for them."""

    def __init__(self, store: Store, path: str, size: int) -> None:
        self._store = store
        self._path = path
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        left = max(self._size - self._at, 0)
        wanted = left if size < 0 else min(size, left)
        data = self._store.read_part(self._path, self._at, wanted)
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """As `read`, into memory that is there."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
