"""Trials for the tests here."""

import random
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias

import pytest

from amml_deploy.platform.home import Platform

from .strikes import FAULTS
from .trial import Trial
from .workloads import WORKLOADS

Audited: TypeAlias = Callable[[str, str], dict[str, int]]


@pytest.fixture
def audited(platform: Platform, tmp_path: Path) -> Generator[Audited]:
    """Run a fault on a workload; what the auditor found."""
    trials: list[Trial] = []

    def run(fault: str, workload: str) -> dict[str, int]:
        trial = Trial(platform, tmp_path, WORKLOADS[workload], 7)
        trials.append(trial)
        FAULTS[fault](trial, random.Random(f"{fault} {workload}"))
        trial.finish()
        return trial.audit()

    yield run
    for trial in trials:
        trial.close()
