"""Versions of what AMML is built on that have known traps or holes."""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Site

_OLDEST = {
    "confluent-kafka": ((2, 13, 2), "loses memory when its queue is full"),
    "keras": ((3, 14), "files of models can run code"),
    "pyarrow": ((14, 0, 1), "files can run code (CVE-2023-47248)"),
}


def examine(site: Site) -> Iterator[Finding]:
    """Ask the installed packages."""
    return judge({name: found for name in _OLDEST if (found := _version(name))})


def judge(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Which are too old.

    >>> [found.message for found in judge({"pyarrow": "13.0.0"})]
    ['pyarrow 13.0.0, expected 14.0.1 or newer']
    """
    old = {name: each for name, each in versions.items() if _parts(each) < _OLDEST[name][0]}
    for name, each in old.items():
        oldest, trap = _OLDEST[name]
        wanted = ".".join(map(str, oldest))
        yield problem(
            f"{name} {each}, expected {wanted} or newer",
            f"older ones have a fault: {trap}",
            f"install {name} {wanted} or newer",
        )
    if not old:
        yield ok(", ".join(f"{name} {each}" for name, each in versions.items()))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None  # keras is there only where models are trained


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdecimal())
