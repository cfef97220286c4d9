"""A store in HDFS, over WebHDFS."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import requests
from hdfs import HdfsError, InsecureClient
from requests.adapters import HTTPAdapter

from amml_lake.stores.patience import Patience
from amml_lake.stores.store import Entry

_AT_ONCE = 16
_TIMEOUT = (3, 30)  # connect, read: a frozen server must not hold a thread for ever


class HdfsStore:
    """Files below a folder of HDFS.

    Parameters:
        namenode: one or more WebHDFS URLs, joined by `;`.
        root: the folder, from `/` on.
        user: who we are there; None is the user of this process.
        patience: how many seconds an error that passes is waited for.
    """

    def __init__(
        self, namenode: str, root: str, user: str | None = None, patience: float = 15.0
    ) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy stands between us and our own HDFS
        session.mount("http", HTTPAdapter(pool_maxsize=64))
        self._session = session
        self._client: Any = InsecureClient(
            namenode, user=user, root=root, timeout=_TIMEOUT, session=session
        )
        self._patience = Patience(f"HDFS at {namenode}", patience)
        who = f"{quote(user)}@" if user else ""
        hosts = ",".join(each.partition("://")[2] for each in namenode.split(";"))
        self._url = f"webhdfs://{who}{hosts}{root}"

    @property
    def url(self) -> str:
        """`webhdfs://USER@HOST:PORT/FOLDER`; with several NameNodes, commas between them."""
        return self._url

    @property
    def at_once(self) -> int:
        """Some: a call takes trips to the servers, in which others can be under way."""
        return _AT_ONCE

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Write a file, whatever was there, and its folders."""
        self._patience.with_(lambda: self._client.write(path, data=bytes(data), overwrite=True))

    def read(self, path: str) -> bytes:
        """All of a file; raises FileNotFoundError."""
        return self._read(path, 0, None)

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """The bytes `[start, start + length)` of a file; raises FileNotFoundError."""
        return self._read(path, start, length) if length else b""

    def rename(self, path: str, to: str) -> bool:
        """Rename a file into a folder that exists; False: `to` is there, or `path` is not.

        HDFS gives one answer for both, and for a rename of which only the answer was lost.
        """
        try:
            self._patience.with_(lambda: self._renamed(path, to))
        except _NotRenamed:
            return False
        return True

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; fine if it is there."""
        self._patience.with_(lambda: self._client.makedirs(path))

    def size(self, path: str) -> int | None:
        """The length of a file; None if there is none."""
        try:
            status = self._patience.with_(lambda: self._client.status(path))
        except FileNotFoundError:
            return None
        return int(status["length"]) if status["type"] == "FILE" else None

    def list(self, path: str) -> Sequence[Entry]:
        """What is in a folder, by name; nothing if it is not there."""
        try:
            found = self._patience.with_(lambda: self._client.list(path, status=True))
        except FileNotFoundError:
            return []
        return sorted(
            Entry(name, each["type"] != "FILE", each["length"], each["modificationTime"])
            for name, each in found
        )

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it; fine if it is not there."""
        self._patience.with_(lambda: self._client.delete(path, recursive=True))

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _read(self, path: str, start: int, length: int | None) -> bytes:
        def call() -> bytes:
            with self._client.read(path, offset=start, length=length) as opened:
                return opened.read()

        return self._patience.with_(call)

    def _renamed(self, path: str, to: str) -> None:
        try:
            self._client.rename(path, to)
        except HdfsError as error:
            if getattr(error, "exception", None) is None and "Unable to rename" in str(error):
                raise _NotRenamed from error
            raise


class _NotRenamed(Exception):
    pass
