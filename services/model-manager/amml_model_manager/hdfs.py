"""The file store: streams to and from HDFS over WebHDFS.

A write stages the bytes under a name nobody reads, checks their SHA-256, then renames. HDFS renames
never overwrite, and a final name holds its content's hash, so whoever wins wrote the same bytes. A
crash at any moment leaves at most a staged file.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar
from uuid import uuid4

import requests
from hdfs import HdfsError, InsecureClient
from requests.adapters import HTTPAdapter

from amml_lake import errors as lake_errors
from amml_lake.errors import LakeError
from amml_lake.stores.patience import Patience
from amml_model_manager.errors import Refused, Unavailable
from amml_model_manager.paths import Paths

CHUNK = 1024 * 1024
_TIMEOUT = (3, 30)  # connect, read: a frozen server must not hold a thread for ever
_WAITS = (0.1, 0.3, 1.0, 2.0)  # between two looks for a file that may still come to be
_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Stored:
    """A file that is complete and in place."""

    sha256: str
    bytes: int


class FileStore:
    """Files in HDFS.

    Parameters:
        url: one or more WebHDFS URLs, joined by `;`.
        root: the folder that is ours.
        user: who we are; None is the user of this process.
    """

    def __init__(self, url: str, root: str, user: str | None = None) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy stands between us and our own HDFS
        session.mount("http", HTTPAdapter(pool_maxsize=64))
        self._session = session
        self._client: Any = InsecureClient(url, user=user, timeout=_TIMEOUT, session=session)
        self._url = url
        self._patience = Patience(f"HDFS at {url}")
        self._under_way: set[str] = set()
        self.paths = Paths(root)

    def size(self, path: str) -> int | None:
        """The length of a file in bytes, or None when there is none."""
        try:  # not `strict=False`, which takes every refusal for "there is none"
            status = self._retried(lambda: self._client.status(path))
        except FileNotFoundError:
            return None
        return int(status["length"]) if status["type"] == "FILE" else None

    def put(
        self, chunks: Iterable[bytes], place: Callable[[str], str], expected: str = ""
    ) -> Stored:
        """Stage, check, rename.

        Parameters:
            chunks: the bytes, used once.
            place: the final path for a SHA-256.
            expected: the SHA-256 the bytes must have, if it is known.
        Errors: Refused when it is another; Unavailable when HDFS does not take the file.
        """
        hashing = _Hashing(chunks)
        if expected and self.touch(place(expected)):
            for _ in hashing:  # here already: only check that the sender means the same
                pass
            return hashing.result(expected)
        staged = self.paths.staged(uuid4())
        self._under_way.add(staged)
        try:
            self._stage(staged, hashing)
            stored = hashing.result(expected)
            self._publish(staged, place(stored.sha256), stored.bytes)
        except BaseException:
            self._discard_late(staged)
            raise
        finally:
            self._under_way.discard(staged)
        return stored

    def touch(self, path: str) -> bool:
        """Whether there is such a file; if so, it counts as written now, and is not cleaned away.

        Called before a row is written that names a file which was there already.
        """
        if self.size(path) is None:
            return False
        now = time.time_ns() // 1_000_000
        try:
            self._retried(lambda: self._client.set_times(path, modification_time=now))
        except FileNotFoundError:
            return False
        return True

    def modified_ms(self, path: str) -> int:
        """When a file was last written or touched; raises FileNotFoundError."""
        return int(self._retried(lambda: self._client.status(path))["modificationTime"])

    def move(self, path: str, to: str) -> None:
        """Rename a file to a name that nothing has."""
        self._retried(lambda: self._client.makedirs(to.rpartition("/")[0]))
        self._retried(lambda: self._client.rename(path, to))

    def is_under_way(self, staged: str) -> bool:
        """Whether this process is writing a staged file now."""
        return staged in self._under_way

    def read(self, path: str, start: int, length: int) -> Iterator[bytes]:
        """The bytes [start, start + length) of a file, in chunks.

        Errors: FileNotFoundError and Unavailable at once, not only with the first chunk.
        """
        if length == 0:
            return iter(())
        return self._retried(lambda: self._begin(path, start, length))

    def list(self, path: str) -> list[dict[str, Any]]:
        """Name (`pathSuffix`), `type`, `length` and `modificationTime` of all in a folder."""
        try:
            entries = self._retried(lambda: self._client.list(path, status=True))
        except FileNotFoundError:
            return []
        return [status for _, status in entries]

    def delete(self, path: str) -> None:
        """Remove a file or a folder with all in it; fine if it is not there."""
        self._retried(lambda: self._client.delete(path, recursive=True))

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def check(self) -> None:
        """Errors: Unavailable when the NameNode does not answer."""
        try:
            self._client.status("/")
        except (requests.RequestException, HdfsError) as error:
            raise self._told(self._patience.told(error)) from error

    def _stage(self, staged: str, hashing: "_Hashing") -> None:
        """Write; tried again only while no byte has been taken from the sender."""
        self._retried(
            lambda: self._client.write(staged, data=iter(hashing), overwrite=True),
            may_retry=lambda: not hashing.started,
        )

    def _publish(self, staged: str, final: str, length: int) -> None:
        """Rename; "unable" means that it is there already, perhaps by our own first try."""
        self._retried(lambda: self._client.makedirs(final.rpartition("/")[0]))
        try:
            self._retried(lambda: self._client.rename(staged, final))
        except Unavailable:
            if self.size(final) != length:
                raise
            self._discard(staged)

    def _discard_late(self, staged: str) -> None:
        """Remove a broken-off file, which the DataNode may create only after we first ask.

        Measured: in half of the cases the first answer is "there is none", and then it appears.
        """
        for wait in _WAITS:
            if self._discard(staged):
                return
            time.sleep(wait)
        self._discard(staged)

    def _discard(self, staged: str) -> bool:
        """Remove a staged file; False when there is none, True also when nobody can be asked."""
        try:
            return self._client.delete(staged)
        except (requests.RequestException, HdfsError) as error:
            _LOG.warning("staged file %s stays behind: %s", staged, error)
            return True

    def _begin(self, path: str, start: int, length: int) -> Iterator[bytes]:
        chunks = self._chunks(path, start, length)
        return chain([next(chunks)], chunks)  # the first, while an error can still be answered

    def _chunks(self, path: str, start: int, length: int) -> Generator[bytes]:
        with self._client.read(path, offset=start, length=length, chunk_size=CHUNK) as chunks:
            yield from chunks

    def _retried(self, call: Callable[[], T], may_retry: Callable[[], bool] = lambda: True) -> T:
        """Call until it works, the error is not one that passes, or patience ends."""
        try:
            return self._patience.with_(call, may_retry)
        except LakeError as error:
            raise self._told(error) from error

    def _told(self, error: LakeError) -> Unavailable:
        _LOG.warning("%s", error)
        if isinstance(error, lake_errors.Unavailable):
            text = f"HDFS at {self._url} does not answer"
            return Unavailable("hdfs_unavailable", text, "Try again when it is back.")
        advice = "Check permissions, quota and free space there."
        return Unavailable("hdfs_refused", str(error), advice)


class _Hashing:
    """Hands chunks on, and knows what passed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.started = False

    def __iter__(self) -> Generator[bytes]:
        self.started = True
        for chunk in self._chunks:
            self._hash.update(chunk)
            self._bytes += len(chunk)
            yield chunk

    def result(self, expected: str) -> Stored:
        found = self._hash.hexdigest()
        if expected and found != expected:
            text = f"the bytes have SHA-256 {found}, expected {expected}"
            raise Refused("wrong_sha256", text, "Nothing was stored. Send the file again.")
        return Stored(found, self._bytes)
