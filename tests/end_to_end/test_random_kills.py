"""Deployed with the real command, killed at random moments, mended by the supervisor."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform

pytestmark = [pytest.mark.platform, pytest.mark.train]

Amml = Callable[..., Any]  # what the fixtures of conftest.py give, which tests do not import
Trained = Any
Rows = list[dict[str, Any]]
RowsOf = Callable[[str], Rows]

RECOVERY = Path(__file__).parents[2] / "benchmarks" / "recovery.py"
KILLS = 5


@pytest.mark.long
def test_prediction_is_exact_after_kills_at_random_moments(
    trained: Trained, undisturbed: RowsOf, deployed_and_killed: RowsOf
) -> None:
    text = trained.names.prediction()
    rows = deployed_and_killed(text)
    assert list(map(repr, rows)) == list(map(repr, undisturbed(text))), "bit for bit"


@pytest.mark.long
def test_statistics_are_exact_after_kills_at_random_moments(
    stats: str, undisturbed: RowsOf, deployed_and_killed: RowsOf
) -> None:
    rows = deployed_and_killed(stats.replace("000 ", "000, rate=2500 "))
    expected = undisturbed(stats)
    assert Counter(row["value"] for row in rows) == Counter(row["value"] for row in expected)
    for name in ("value_mean", "value_std"):
        assert math.isclose(rows[-1][name], expected[-1][name], rel_tol=1e-12)


@pytest.mark.long
def test_a_killed_step_is_soon_at_work_again(platform: Platform) -> None:
    """The benchmark checks the rows too. On a machine at rest it is well under 2 s."""
    command = [sys.executable, str(RECOVERY), "--rounds", "1", "--seed", "7", "--json"]
    environ = os.environ | {"AMML_HOME": str(platform.home.path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    kills = json.loads(done.stdout)
    print("seconds to recover:", {kill["step"]: round(kill["recovery"], 2) for kill in kills})
    assert len(kills) == KILLS
    assert max(kill["recovery"] for kill in kills) < 10


@pytest.fixture
def deployed_and_killed(
    amml: Amml, control: Control, name: str, committed_rows: RowsOf
) -> Callable[[str], Rows]:
    """What `print` reads of a workflow whose processes die while it runs."""

    def run(text: str) -> Rows:
        assert amml("deploy", name, text).code == 0
        killed = kill_at_random(control, name, random.Random(text))
        document = wait_until_completed(control, name)
        steps = document["status"]["steps"]
        restarts = Counter({label: slot["restarts"] for label, [slot] in steps.items()})
        # One that was killed after its last words had completed, and is not started again.
        assert restarts.total() > 0 and not restarts - killed, (restarts, killed)
        return committed_rows(document["plan"]["steps"][-1]["inputs"][0]["topic"])

    return run


def kill_at_random(control: Control, name: str, chance: random.Random) -> Counter[str]:
    """End some of its processes, each at a moment of its own; how often which."""
    wait_until(lambda: bool(states(control, name)))
    killed = Counter[str]()
    while killed.total() < KILLS and states(control, name) != {"completed"}:
        time.sleep(chance.uniform(0.1, 0.5))
        steps = (control.get(f"/workflows/{name}")["status"] or {})["steps"]
        alive = {label: slot["pid"] for label, [slot] in steps.items() if is_alive(slot)}
        if not alive:
            continue  # those that live were killed just now, and nobody knows their new pid yet
        label = chance.choice(sorted(alive))
        os.kill(alive[label], signal.SIGKILL)
        killed[label] += 1
    return killed


def is_alive(slot: dict[str, Any]) -> bool:
    assert slot["state"] != "failed", slot
    return slot["state"] in ("starting", "running") and Path(f"/proc/{slot['pid']}").exists()


def states(control: Control, name: str) -> set[str]:
    status = control.get(f"/workflows/{name}")["status"] or {"steps": {}}
    return {slot["state"] for slots in status["steps"].values() for slot in slots}


def wait_until_completed(control: Control, name: str) -> Any:
    wait_until(lambda: states(control, name) == {"completed"})
    return control.get(f"/workflows/{name}")


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
