"""Commands that are killed at random moments, and typed again."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform
from amml_runtime.admin import list_topics
from amml_runtime.spec import Plan

pytestmark = pytest.mark.platform

Amml = Callable[..., Any]  # what the fixtures of conftest.py give, which tests do not import

TEXT = "normalsource rows=1000 | filter cond = value > 0 | print"
KILLS = 6


@pytest.mark.long
def test_a_deploy_that_was_killed_and_repeated_is_one_deploy(
    platform: Platform, amml: Amml, control: Control, name: str
) -> None:
    chance = random.Random(11)
    for _ in range(KILLS):
        kill_within(platform, chance.uniform(0.1, 1.2), "deploy", name, TEXT, "--wait")
    last = amml("deploy", name, TEXT, "--wait")
    assert last.code == 0, last.err
    assert amml("deploy", name, TEXT).out.startswith("no changes")
    [version] = control.get(f"/workflows/{name}/versions")["versions"]
    assert (version["version"], version["run"], version["text"]) == (1, 1, TEXT)
    workflow = control.get(f"/workflows/{name}")
    assert workflow["status"]["state"] == "completed"
    planned = {topic.name for topic in Plan.from_json(workflow["plan"]).topics}
    assert topics_of(platform, name) == planned


def test_an_undeploy_that_was_killed_and_repeated_leaves_nothing(
    platform: Platform, amml: Amml, control: Control, name: str
) -> None:
    chance = random.Random(12)
    assert amml("deploy", name, "normalsource | print", "--wait").code == 0
    pids = [slot["pid"] for [slot] in control.get(f"/workflows/{name}")["status"]["steps"].values()]
    for _ in range(KILLS // 2):
        kill_within(platform, chance.uniform(0.2, 1.0), "undeploy", name, "--yes")
    last = amml("undeploy", name, "--yes")
    assert last.code == 0 or f"no workflow `{name}`" in last.err, last.err
    assert control.find(f"/workflows/{name}") is None
    assert topics_of(platform, name) == set()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    wait_until(lambda: not (platform.home.workflows / name).exists())


def kill_within(platform: Platform, seconds: float, *words: str) -> None:
    """Type a command, and end it after a while with no chance to do anything."""
    process = subprocess.Popen(
        [sys.executable, "-m", "amml_deploy", *words],
        env=os.environ | {"AMML_HOME": str(platform.home.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.kill()
    process.wait()


def topics_of(platform: Platform, name: str) -> set[str]:
    every = (topic.name for topic in list_topics(platform.kafka))
    return {topic for topic in every if topic.startswith(f"amml.{name}.")}


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
