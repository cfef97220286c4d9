"""A cluster of three brokers for all tests here, whole again before each."""

import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import pytest

from .brokers import Cluster
from .trial import WORKLOADS, Trial

Trials: TypeAlias = Callable[[str], Trial]

RATE = 300  # records a second: something is always on its way, and a busy machine keeps up


@pytest.fixture(scope="session")
def running() -> Generator[Cluster]:
    """Three brokers, started when first wanted; in a folder that is removed."""
    folder = Path(tempfile.mkdtemp(prefix="amml-cluster-"))
    cluster = Cluster.made(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(folder)


@pytest.fixture
def cluster(running: Cluster) -> Generator[Cluster]:
    """The brokers, all at work and in sync, whatever the test before did to them."""
    running.mend()
    yield running
    running.mend()


@pytest.fixture
def trials(cluster: Cluster, tmp_path: Path) -> Generator[Trials]:
    """Begin a trial of a workload, named as in `WORKLOADS`; it is ended with the test."""
    made: list[Trial] = []

    def begin(workload: str) -> Trial:
        made.append(Trial(cluster, tmp_path, WORKLOADS[workload], RATE))
        made[-1].wait_for_rows()
        return made[-1]

    yield begin
    cluster.mend()
    for trial in made:
        trial.close()
