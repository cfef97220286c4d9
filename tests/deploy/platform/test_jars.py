"""Jars are fetched once, whole, from a small Maven repository of the test's own."""

import io
import re
import sys
import threading
import zipfile
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amml_deploy.platform import jar_lock, jars
from amml_deploy.platform.errors import PlatformError

COORDINATES = ("org.example:kite:1.0",)

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>org.example</groupId><artifactId>{name}</artifactId><version>1.0</version>
<dependencies>{needs}</dependencies></project>"""
NEEDS = """<dependency><groupId>org.example</groupId><artifactId>string</artifactId>
<version>1.0</version></dependency>"""


@dataclass
class Repository:
    """Serves two jars; `faults` says what is wrong with the next answers."""

    asked: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])

    def answer(self, path: str) -> tuple[bytes, int] | None:
        """The bytes to send, and how many to promise."""
        name = path.rpartition("/")[2]
        if name.endswith(".sha1") or not name.startswith(("kite", "string")):
            return None
        self.asked.append(name)
        if name.endswith(".pom"):
            needs = NEEDS if name.startswith("kite") else ""
            content = POM.format(name=name.partition("-")[0], needs=needs).encode()
        else:
            content = _jar(name)
            if self.faults:
                cut = content[: len(content) // 2]
                return cut, len(content) if self.faults.pop() == "broken off" else len(cut)
        return content, len(content)


def _jar(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}.class", name * 1000)
    return buffer.getvalue()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Repository]:
    """A Maven repository that jgo's settings name as central."""
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = repository.answer(self.path)
            self.send_response(404 if found is None else 200)
            content, length = found or (b"", 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings = f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n"
    (tmp_path / "jgo.conf").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    monkeypatch.setattr(jars, "_PAUSE", 0.0)
    yield repository
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[[], list[str]]:
    """Ask for the jars; their names, once each was seen to be whole."""

    def ask() -> list[str]:
        found = jars.jars("kite", COORDINATES, tmp_path / "cache", lambda _: None)
        assert all(zipfile.is_zipfile(path) for path in found)
        return [path.name for path in found]

    return ask


def test_jars_come_with_what_they_need(
    repository: Repository, fetch: Callable[[], list[str]]
) -> None:
    assert fetch() == ["kite-1.0.jar", "string-1.0.jar"]


def test_a_warm_start_asks_nobody(repository: Repository, fetch: Callable[[], list[str]]) -> None:
    first = fetch()
    repository.asked.clear()
    assert fetch() == first
    assert repository.asked == []


@pytest.mark.parametrize("fault", ["broken off", "cut short"])
def test_a_broken_download_is_tried_again(
    repository: Repository, fetch: Callable[[], list[str]], fault: str
) -> None:
    repository.faults = [fault]
    assert fetch() == ["kite-1.0.jar", "string-1.0.jar"]
    assert len([name for name in repository.asked if name.endswith(".jar")]) == 3


def test_a_jar_that_is_damaged_later_is_fetched_again(
    repository: Repository, fetch: Callable[[], list[str]], tmp_path: Path
) -> None:
    fetch()
    [jar] = (tmp_path / "cache").rglob("kite-1.0.jar")
    jar.write_bytes(jar.read_bytes()[:100])
    repository.asked.clear()
    assert fetch() == ["kite-1.0.jar", "string-1.0.jar"]
    assert repository.asked == ["kite-1.0.jar"]


def test_a_download_that_keeps_breaking_says_what_to_do(
    repository: Repository, fetch: Callable[[], list[str]]
) -> None:
    repository.faults = ["broken off"] * 100
    with pytest.raises(PlatformError, match="cannot fetch org.example:kite:1.0.*\n.*is kept in"):
        fetch()


def test_an_installation_without_the_platform_says_so(
    repository: Repository, fetch: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo.config", None)  # as in the image of the command
    with pytest.raises(PlatformError, match="no embedded platform in this installation"):
        fetch()


def test_jars_that_are_as_locked_are_used(
    repository: Repository, fetch: Callable[[], list[str]], tmp_path: Path
) -> None:
    fetch()
    maven, lock = tmp_path / "cache" / "maven", tmp_path / "lock"
    jar_lock.write(lock, maven.rglob("*.jar"), maven)
    for _ in range(2):
        found = jars.jars("kite", COORDINATES, maven.parent, lambda _: None, jar_lock.read(lock))
        assert [path.name for path in found] == ["kite-1.0.jar", "string-1.0.jar"]


def test_a_jar_that_is_not_as_locked_is_refused(
    repository: Repository, fetch: Callable[[], list[str]], tmp_path: Path
) -> None:
    """Also one that a cache has held since before there was a lock."""
    fetch()
    maven, lock = tmp_path / "cache" / "maven", tmp_path / "lock"
    jar_lock.write(lock, maven.rglob("*.jar"), maven)
    locked = jar_lock.read(lock)
    name = next(name for name in locked if "kite" in name)
    without = {each: sha256 for each, sha256 in locked.items() if each != name}
    for wrong, said in (({**locked, name: "0" * 64}, "has SHA-256"), (without, "is not in")):
        with pytest.raises(PlatformError, match=f"kite-1.0.jar {said}"):
            jars.jars("kite", COORDINATES, maven.parent, lambda _: None, wrong)


def test_every_jar_of_the_platform_is_locked() -> None:
    """By its path in any repository; no host is named."""
    locked = jar_lock.read()
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in locked.values())
    assert all(re.fullmatch(r"[\w.+/-]+\.jar", path) for path in locked)
    for coordinate in (*jars.KAFKA, *jars.HDFS):
        group, artifact, version = coordinate.split(":")
        folder = f"{group.replace('.', '/')}/{artifact}/{version}"
        assert f"{folder}/{artifact}-{version}.jar" in locked
