"""The real servers that all tests share: one embedded platform for a whole run of pytest.

With `AMML_TEST_HOME` it is the platform that runs there, and stays.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.platform import down, up


@pytest.fixture(scope="session")
def platform() -> Generator[Platform]:
    """Kafka, HDFS, PostgreSQL, the control API and the supervisor, started when first wanted."""
    if given := os.environ.get("AMML_TEST_HOME"):
        yield homes.read(Home(Path(given)))
        return
    folder = Path(tempfile.mkdtemp(prefix="amml-test-"))
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
