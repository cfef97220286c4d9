"""The Java tests, and the servers they need."""

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from . import mariadb as server
from . import own_postgres as postgres
from .java_tests import JavaTests, compiled
from .mariadb import MariaDb
from .own_postgres import OwnPostgres


@pytest.fixture(scope="session")
def java_tests(tmp_path_factory: pytest.TempPathFactory) -> JavaTests:
    """Compiled once for all."""
    return compiled(tmp_path_factory.mktemp("java"))


@pytest.fixture(scope="session")
def mariadb() -> Generator[MariaDb]:
    """A real MariaDB; where there is none for this machine, its tests are skipped."""
    folder = Path(tempfile.mkdtemp(prefix="amml-maria-"))
    try:
        with server.running(folder) as made:
            yield made
    except server.Unavailable as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Generator[OwnPostgres]:
    """A PostgreSQL that the test may stop and start."""
    with postgres.running(tmp_path / "postgres") as made:
        yield made
