"""Room on the disks, and in memory."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from amml_deploy.doctor.finding import Finding, ok, problem, size, warning
from amml_deploy.doctor.site import Site

_STOPS = 500 << 20
_LITTLE = 3 << 30
_MEMORY = 300 << 20


def examine(site: Site) -> Iterator[Finding]:
    """Look at the disk of the platform and that of temporary files."""
    places = {path: shutil.disk_usage(path).free for path in _places(site.home.path)}
    files = {path: os.statvfs(path).f_favail for path in places}
    return judge(places, files, psutil.virtual_memory().available)


def judge(free: Mapping[Path, int], files: Mapping[Path, int], memory: int) -> Iterator[Finding]:
    """Whether servers can go on.

    Parameters:
        free: bytes that are free where each folder is.
        files: how many more files there may be.
        memory: bytes that are free.
    """
    short = [*_short(free), *_full(files)]
    if memory < _MEMORY:
        short.append(
            warning(
                f"{size(memory)} of memory are free",
                "the system may end a server or a step to get some; it is started again",
                "stop what is not needed, or give the machine more",
            )
        )
    yield from short
    if not short:
        yield ok(f"{size(min(free.values()))} of disk and {size(memory)} of memory are free")


def _short(free: Mapping[Path, int]) -> Iterator[Finding]:
    for path, count in free.items():
        said = f"{size(count)} are free at {path}"
        if count < _STOPS:
            yield problem(said, "servers stop when it is full", "make room there, now")
        elif count < _LITTLE:
            yield warning(said, "servers stop when it is full", "make room there")


def _full(files: Mapping[Path, int]) -> Iterator[Finding]:
    for path, count in files.items():
        if 0 < count < 10_000:  # some file systems count none, and say 0
            yield warning(
                f"only {count} more files fit at {path}",
                "servers stop when none fits, however many bytes are free",
                "remove small files there",
            )


def _places(home: Path) -> list[Path]:
    there = next(each for each in (home, *home.parents) if each.exists())
    return list(dict.fromkeys([there, Path(tempfile.gettempdir())]))
