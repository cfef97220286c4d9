"""The file store on a real HDFS, and what it does when HDFS does not answer."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from amml_model_manager.errors import Unavailable
from amml_model_manager.hdfs import FileStore


def test_a_rename_that_was_applied_already_is_success(
    files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A NameNode that was frozen applies a rename after its answer timed out; we ask again."""
    client = vars(files)["_client"]
    rename = client.rename

    def twice(source: str, target: str) -> None:
        rename(source, target)
        rename(source, target)  # "Unable to rename": the source is gone

    monkeypatch.setattr(client, "rename", twice)
    stored = files.put([b"content"], files.paths.file)
    path = files.paths.file(stored.sha256)
    assert b"".join(files.read(path, 0, 7)) == b"content"
    assert files.list(files.paths.staging()) == []


def test_a_loser_of_the_rename_finds_the_same_bytes_there(files: FileStore) -> None:
    first = files.put([b"content"], files.paths.file)
    second = files.put([b"cont", b"ent"], files.paths.file)
    assert first == second
    assert files.list(files.paths.staging()) == []


def test_a_broken_sender_leaves_no_file(files: FileStore) -> None:
    """The DataNode may create the staged file after the NameNode was asked to delete it."""

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise LookupError("gone")

    for _ in range(10):
        with pytest.raises(LookupError, match="gone"):
            files.put(chunks(), files.paths.file)
    time.sleep(0.5)  # what comes late shows by then
    assert files.list(files.paths.files()) == []
    assert files.list(files.paths.staging()) == []


def test_nothing_is_sent_twice_after_the_first_byte(files: FileStore) -> None:
    """The bytes of a request come once; a retry would store the rest of them only."""
    sent: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"a", b"b"):
            sent.append(chunk)
            yield chunk

    with _silent_server() as url:
        store = FileStore(url, "/x")
        with pytest.raises(Unavailable, match="does not answer"):
            store.put(chunks(), store.paths.file)
        store.close()
    assert sent == []


def test_a_missing_file_has_no_size_and_a_folder_neither(files: FileStore) -> None:
    files.put([b"content"], files.paths.file)
    assert files.size(files.paths.file("0" * 64)) is None
    assert files.size(files.paths.files()) is None


def test_reading_what_is_not_there_fails_before_the_first_chunk(files: FileStore) -> None:
    with pytest.raises(FileNotFoundError):
        files.read(files.paths.file("0" * 64), 0, 1)


def test_a_refusal_is_not_taken_for_a_missing_file(webhdfs_url: str, files: FileStore) -> None:
    """Another user may not read our folder: that is no "there is none"."""
    sha256 = hashlib.sha256(b"content").hexdigest()
    files.put([b"content"], files.paths.file)
    vars(files)["_client"].set_permission(files.paths.root, "700")
    stranger = FileStore(webhdfs_url, files.paths.root, user="stranger")
    with pytest.raises(Unavailable, match="refuses: Permission denied") as caught:
        stranger.size(stranger.paths.file(sha256))
    assert caught.value.code == "hdfs_refused"
    stranger.close()


class _silent_server:
    """A server that accepts and hangs up at once."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._hang_up, daemon=True).start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _hang_up(self) -> None:
        try:
            while True:
                self._socket.accept()[0].close()
        except OSError:
            pass
