"""The jars that we expect, by SHA-256: no mirror or broken cache can put others in their place."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

LOCK_FILE = Path(__file__).parent / "jars.lock"


def read(file: Path = LOCK_FILE) -> Mapping[str, str]:
    """The SHA-256 of each jar, by its path in a Maven repository."""
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {path: sha256 for sha256, path in lines}


def difference(jars: Iterable[Path], repository: Path, lock: Mapping[str, str]) -> str:
    """What is wrong with the first jar that is not as locked; empty if all are."""
    for jar in jars:
        name = jar.relative_to(repository).as_posix()
        if name not in lock:
            return f"{name} is not in the lock file"
        if (found := sha256(jar)) != lock[name]:
            return f"{name} has SHA-256 {found}, expected {lock[name]}"
    return ""


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(lock: Mapping[str, str]) -> str:
    """One hash for a whole lock, to know that a cache was checked against it."""
    return hashlib.sha256(repr(sorted(lock.items())).encode()).hexdigest()


def write(file: Path, jars: Iterable[Path], repository: Path) -> None:
    """Lock these jars as they are."""
    lines = {f"{sha256(jar)}  {jar.relative_to(repository).as_posix()}\n" for jar in jars}
    text = "".join(sorted(lines, key=lambda line: line.split()[1]))
    file.write_text(text, encoding="utf-8")
