"""What the lake needs of a store."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A file or a folder, as its folder lists it."""

    name: str
    is_folder: bool
    bytes: int
    modified_ms: int


class Store(Protocol):
    """Files by path, relative to the store's root, with `/` between folders.

    All may raise `Unavailable` and `Refused`. No call leaves half of what it does under a name
    that somebody reads, but `write`, which is why the lake writes to staged names only.
    """

    @property
    def url(self) -> str:
        """Where it is; `open_store` of it is the same store."""
        ...

    @property
    def at_once(self) -> int:
        """How many calls are worth having under way at a time; 1 where none is a trip."""
        ...

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Write a file, whatever was there, and its folders."""
        ...

    def read(self, path: str) -> bytes:
        """All of a file; raises FileNotFoundError."""
        ...

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """The bytes `[start, start + length)` of a file; raises FileNotFoundError."""
        ...

    def rename(self, path: str, to: str) -> bool:
        """Rename a file into a folder that exists; False: `to` is there, or `path` is not."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; fine if it is there."""
        ...

    def size(self, path: str) -> int | None:
        """The length of a file; None if there is none."""
        ...

    def list(self, path: str) -> Sequence[Entry]:
        """What is in a folder, by name; nothing if it is not there."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it; fine if it is not there."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...
