"""Pods that are killed again and again: run with `pytest -m kubernetes`."""

import json
import random
import time
from collections.abc import Generator
from typing import Any

import pytest

from amml_runtime.batch import Row
from amml_runtime.tail import follow

pytestmark = [pytest.mark.kubernetes, pytest.mark.long]

Site = Any  # what the fixture of conftest.py gives, which tests do not import
TEXT = "normalsource seed=7, {pace} | filter value > 0 | eval twice = value * 2 | print"
SEED, SECONDS, EVERY = 20261121, 300, 20
MOST = 100_000  # rows that are read at the end


@pytest.fixture
def names(site: Site) -> Generator[tuple[str, str]]:
    """Two workflows' names; nothing of them is left after the test."""
    first = f"w{time.monotonic_ns()}"[:20]
    names = (first, f"{first}x")
    yield names
    for name in names:
        site.amml("undeploy", name, "--yes")


def deploy(site: Site, name: str, pace: str) -> None:
    done = site.amml("deploy", name, TEXT.format(pace=pace), "--target", "kubernetes", "--wait")
    assert done.code == 0, done.err


def kill_one(site: Site, name: str, chance: random.Random) -> None:
    """Take a pod away at once: its successor may start while it still works."""
    found = site.kubectl("get", "pods", "-l", f"amml/workflow={name}", "-o", "name").split()
    site.kubectl("delete", chance.choice(sorted(found)), "--force", "--grace-period=0")


def rows(site: Site, name: str) -> list[Row]:
    """What the last step but one has committed."""
    topic = f"amml.{name}.r1.eval"
    return list(follow(site.environ["AMML_KAFKA"], topic, last=MOST, follow=False))


def test_pods_killed_every_20_seconds_for_five_minutes_lose_and_double_nothing(
    site: Site, names: tuple[str, str]
) -> None:
    killed, quiet = names
    deploy(site, killed, "rate=100")
    chance = random.Random(SEED)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        kill_one(site, killed, chance)
        time.sleep(EVERY)
    status = json.loads(site.amml("status", killed, "--output", "json").out)
    assert status["state"] == "running"

    found = rows(site, killed)
    deploy(site, quiet, f"rows={4 * len(found)}")
    assert len(found) > 20 * SECONDS  # it went on between the faults
    assert found == rows(site, quiet)[: len(found)]
