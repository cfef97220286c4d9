"""Pods that are killed again and again under a keyed workflow: run with `pytest -m kubernetes`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]


def test_pods_killed_every_20_seconds_for_five_minutes_lose_and_double_nothing(site: Any) -> None:
    words = ["--target", "kubernetes", "--seconds", "300", "--every", "20"]
    command = [sys.executable, "-m", "tests.targets.audited", *words]
    done = subprocess.run(command, cwd=ROOT, env=site.environ, check=False)
    assert done.returncode == 0
