"""Processes that are killed again and again under a keyed workflow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amml_deploy.platform.home import Platform

pytestmark = [pytest.mark.platform, pytest.mark.long]


def test_processes_killed_while_they_are_fed_lose_and_double_nothing(platform: Platform) -> None:
    command = [sys.executable, "-m", "tests.targets.audited", "--seconds", "60", "--every", "5"]
    environ = os.environ | {"AMML_HOME": str(platform.home.path)}
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=environ, check=False)
    assert done.returncode == 0
