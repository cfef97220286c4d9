"""What all tests share: the real servers, and the doors that are handed to components.

One embedded platform serves a whole run of pytest; with `AMML_TEST_HOME` it is the platform that
runs there, and stays. A folder of tests whose components are handed doors has a `doors.py`: a
function `doors()` that gives a fresh object for each need, as `{"out": ...}`.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.platform import down, up

Doors: TypeAlias = Callable[[], dict[str, Any]]


@pytest.fixture(scope="session")
def platform() -> Generator[Platform]:
    """Kafka, HDFS, PostgreSQL, the control API and the supervisor, started when first wanted."""
    if given := os.environ.get("AMML_TEST_HOME"):
        yield homes.read(Home(Path(given)))
        return
    yield from _started("amml-test-")


@pytest.fixture(scope="session")
def connect(platform: Platform) -> str:
    """The REST address of the shared platform's Connect worker, started when first wanted."""
    return up(platform.home.path, _silent, connect=True).connect


@pytest.fixture(scope="session")
def own_platform() -> Generator[Platform]:
    """A platform whose servers a test may kill, stop and remove."""
    yield from _started("amml-own-")


def _started(prefix: str) -> Generator[Platform]:
    """A platform in a folder of its own, which leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield up(folder / "home", _silent)
    finally:
        down(folder / "home", _silent, purge=True)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_url(platform: Platform) -> str:
    """The shared PostgreSQL, as a libpq URL of a user who may create databases."""
    return platform.database


@pytest.fixture(scope="session")
def webhdfs_url(platform: Platform) -> str:
    """The shared HDFS, as the WebHDFS URL of its NameNode."""
    return platform.webhdfs


def _silent(_part: str, _state: str) -> None:
    """Pytest shows nothing while servers start; an error carries the end of the log."""


@pytest.fixture(scope="session")
def doors() -> Doors:
    """Gives fresh doors of every kind there is, for examples and laws."""
    made = [_loaded(path) for path in sorted(Path(__file__).parent.glob("tests/*/doors.py"))]
    return lambda: {need: door for make in made for need, door in make().items()}


def _loaded(path: Path) -> Doors:
    spec = importlib.util.spec_from_file_location(f"doors_of_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.doors
