"""Containers that are killed again and again under a keyed workflow."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.docker, pytest.mark.long]


def test_containers_killed_while_they_are_fed_lose_and_double_nothing(site: Any) -> None:
    words = ["--target", "compose", "--seconds", "120", "--every", "10"]
    command = [sys.executable, "-m", "tests.targets.audited", *words]
    done = subprocess.run(command, cwd=ROOT, env=site.environ, check=False)
    assert done.returncode == 0
