"""A folder of a store, as a store."""

from collections.abc import Sequence

from amml_lake.stores.store import Entry, Store


class Below:
    """What lies below a folder of another store.

    >>> import tempfile
    >>> from amml_lake.stores.local import LocalStore
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> Below(store, "co2").write("x", b"42")
    >>> store.read("co2/x")
    b'42'
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    @property
    def url(self) -> str:
        """Where the folder is."""
        return f"{self._store.url}/{self._folder}"

    @property
    def at_once(self) -> int:
        """As `Store.at_once`."""
        return self._store.at_once

    def write(self, path: str, data: bytes | memoryview) -> None:
        """As `Store.write`."""
        self._store.write(self._at(path), data)

    def read(self, path: str) -> bytes:
        """As `Store.read`."""
        return self._store.read(self._at(path))

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """As `Store.read_part`."""
        return self._store.read_part(self._at(path), start, length)

    def rename(self, path: str, to: str) -> bool:
        """As `Store.rename`."""
        return self._store.rename(self._at(path), self._at(to))

    def make_folder(self, path: str) -> None:
        """As `Store.make_folder`."""
        self._store.make_folder(self._at(path))

    def size(self, path: str) -> int | None:
        """As `Store.size`."""
        return self._store.size(self._at(path))

    def list(self, path: str) -> Sequence[Entry]:
        """As `Store.list`."""
        return self._store.list(self._at(path))

    def delete(self, path: str) -> None:
        """As `Store.delete`."""
        self._store.delete(self._at(path))

    def close(self) -> None:
        """As `Store.close`."""
        self._store.close()

    def _at(self, path: str) -> str:
        return f"{self._folder}/{path}" if path else self._folder
