"""The jars of the Java servers: resolved and fetched by jgo once, then read from a stored list."""

import json
import logging
import os
import time
import zipfile
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import requests

from amml_deploy.platform.errors import PlatformError
from amml_deploy.platform.jar_lock import difference, digest

KAFKA = ("org.apache.kafka:kafka_2.13:4.1.1", "org.slf4j:slf4j-simple:1.7.36")
HDFS = (
    "org.apache.hadoop:hadoop-common:3.5.0",
    "org.apache.hadoop:hadoop-hdfs:3.5.0",
    "org.apache.hadoop:hadoop-hdfs-client:3.5.0",
    "org.slf4j:slf4j-simple:1.7.36",
)
CONNECT = (
    "org.apache.kafka:connect-runtime:4.1.1",
    "org.apache.kafka:connect-json:4.1.1",
    "org.apache.kafka:connect-transforms:4.1.1",
    "org.slf4j:slf4j-simple:1.7.36",
)
DEBEZIUM = ("io.debezium:debezium-connector-postgres:3.3.1.Final",)
COMPILER = ("org.eclipse.jdt:ecj:3.44.0",)
JDBC_DRIVERS = (
    "org.postgresql:postgresql:42.7.8",
    "org.mariadb.jdbc:mariadb-java-client:3.5.6",
    "org.xerial:sqlite-jdbc:3.50.3.0",
)
JUNIT = (
    "org.junit.platform:junit-platform-console:1.13.4",
    "org.junit.jupiter:junit-jupiter:5.13.4",
)
GROUPS = {
    "kafka": KAFKA,
    "hdfs": HDFS,
    "connect": CONNECT,
    "debezium": DEBEZIUM,
    "compiler": COMPILER,
    "jdbc-drivers": JDBC_DRIVERS,
    "junit": JUNIT,
}

_ATTEMPTS = 4
_AT_ONCE = 8
_PAUSE = 3.0


def cache_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The download cache, `AMML_CACHE` or `~/.cache/amml`; `amml down --purge` leaves it.

    >>> str(cache_path({"AMML_CACHE": "/var/cache/amml"}))
    '/var/cache/amml'
    """
    return Path(environ.get("AMML_CACHE") or Path.home() / ".cache" / "amml")


def jars(
    name: str,
    coordinates: Sequence[str],
    cache: Path,
    report: Callable[[str], None],
    lock: Mapping[str, str] | None = None,
) -> list[Path]:
    """The jars of some Maven coordinates and of all they need.

    They are fetched at the first call; later ones ask nobody. What breaks is tried again, and what
    was fetched before is kept.

    Parameters:
        name: of the stored list.
        report: is told how far a download is.
        lock: the SHA-256 that each jar must have; None takes any.
    Errors: PlatformError, the jars cannot be fetched, or are not those of the lock.
    """
    listed, repository = cache / f"{name}.json", cache / "maven"
    with _plain_cache_errors(cache):
        stored = _stored(listed, coordinates, cache)
        found = stored.paths if stored else _with_patience(coordinates, repository, report)
        wanted = digest(lock) if lock is not None else ""
        if stored is None or wanted not in ("", stored.lock):
            _check(found, repository, lock)
            _store(listed, coordinates, cache, Stored(found, wanted))
    return found


class Stored(NamedTuple):
    """The jars of an earlier call, and the digest of the lock they were compared with."""

    paths: list[Path]
    lock: str


def _stored(listed: Path, coordinates: Sequence[str], cache: Path) -> Stored | None:
    """What an earlier call found, if it asked for the same and every file is whole."""
    try:
        document = json.loads(listed.read_text(encoding="utf-8"))
        sizes = {cache / path: size for path, size in document["jars"].items()}
        whole = all(path.stat().st_size == size for path, size in sizes.items())
        if whole and document["coordinates"] == list(coordinates):
            return Stored(list(sizes), str(document.get("lock", "")))
    except (OSError, ValueError, KeyError):
        pass
    return None


def _store(listed: Path, coordinates: Sequence[str], cache: Path, found: Stored) -> None:
    """Hashes are compared once; from then on sizes tell whether a file is whole."""
    sizes = {str(path.relative_to(cache)): path.stat().st_size for path in found.paths}
    document = {"coordinates": list(coordinates), "lock": found.lock, "jars": sizes}
    new = listed.with_suffix(".new")
    new.write_text(json.dumps(document, indent=1), encoding="utf-8")
    new.replace(listed)


def _check(found: Sequence[Path], repository: Path, lock: Mapping[str, str] | None) -> None:
    wrong = difference(found, repository, lock) if lock is not None else ""
    if wrong:
        raise PlatformError(
            f"{wrong}: it is not used. Remove {repository}, see that no mirror serves another "
            "file, then run `amml up` again"
        )


@contextmanager
def _plain_cache_errors(cache: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"the download cache {cache} cannot be written: {error}. "
            "Set AMML_CACHE to another folder"
        ) from error


def _with_patience(
    coordinates: Sequence[str], repository: Path, report: Callable[[str], None]
) -> list[Path]:
    repository.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, _ATTEMPTS + 1):
        _drop_broken(repository)
        try:
            with _quiet_jgo():
                return _fetch(coordinates, repository, report)
        except (requests.RequestException, RuntimeError, ElementTree.ParseError) as error:
            if attempt == _ATTEMPTS:
                raise PlatformError(
                    f"cannot fetch {coordinates[0]} and what it needs: {error}\n"
                    "check the network, then run `amml up` again: what was fetched is kept in "
                    f"{repository}"
                ) from error
            report(f"the download broke, trying again ({attempt})")
            time.sleep(_PAUSE * attempt)
    raise AssertionError("the last attempt returns or raises")


def _fetch(
    coordinates: Sequence[str], repository: Path, report: Callable[[str], None]
) -> list[Path]:
    report(f"resolving {coordinates[0]}")
    artifacts = _resolve(coordinates, repository)
    told = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [pool.submit(artifact.resolve) for artifact in artifacts]
        for done, job in enumerate(as_completed(jobs), 1):
            _checked(job.result())
            if done * 5 // len(jobs) > told:
                told = done * 5 // len(jobs)
                report(f"downloaded {done} of {len(jobs)} jars")
    return [job.result() for job in jobs]


def _resolve(coordinates: Sequence[str], repository: Path) -> list[Any]:
    """The artifacts of the coordinates and of all they need at run time, by jgo."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext, PythonResolver
        from jgo.parse import Endpoint
    except ModuleNotFoundError as error:
        raise PlatformError(
            "there is no embedded platform in this installation, such as the image `amml`: name "
            "another one with AMML_CONTROL, AMML_TOKEN_FILE and AMML_KAFKA"
        ) from error

    # In jgo's own settings a user may name a mirror as `central`.
    remotes = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    context = MavenContext(
        resolver=PythonResolver(), repo_cache=repository, remote_repos=remotes, timeout=30
    )
    wanted = [
        context.create_dependency(replace(coordinate, scope="compile"))
        for coordinate in Endpoint.parse("+".join(coordinates)).coordinates
    ]
    named, needed = context.resolver.resolve(wanted)
    running = [each for each in needed if each.scope in ("compile", "runtime")]
    return [each.artifact for each in [*named, *running]]


def _checked(jar: Path) -> None:
    if not zipfile.is_zipfile(jar):
        raise RuntimeError(f"{jar.name} arrived broken")


def _drop_broken(repository: Path) -> None:
    """Remove what a broken download left: jgo would take half a file for the whole."""
    for jar in repository.rglob("*.jar"):
        if not zipfile.is_zipfile(jar):
            jar.unlink()
    for pom in repository.rglob("*.pom"):
        try:
            ElementTree.parse(pom)
        except ElementTree.ParseError:
            pom.unlink()


@contextmanager
def _quiet_jgo() -> Generator[None]:
    """jgo warns of matters in other people's POMs that no user can do anything about."""
    logger = logging.getLogger("jgo")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
