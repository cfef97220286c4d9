"""Layouts that change all the time, and partitions that are added, while rows arrive."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.platform

Trial = Any  # what the fixtures of conftest.py give, which tests do not import
Trials = Callable[[str], Trial]
Record = Callable[[str, object], None]

PARTITIONS = 4
PAUSE = 2.0


def storm(trial: Trial, chance: random.Random, changes: int) -> None:
    """Lay out a step anew every two seconds, and kill processes meanwhile, some while restoring."""
    labels = [step.label for step in trial.keeper.plan.steps if step.tasks > 1]
    for _ in range(changes):
        label, slots = chance.choice(labels), chance.randint(1, PARTITIONS)
        trial.keeper.lay_out(label, slots)
        end = time.monotonic() + PAUSE
        while time.monotonic() < end:
            time.sleep(chance.choice([0.05, 0.2, 0.5, 1.0]))
            place = chance.choice([label, *labels])
            trial.keeper.kill(place, chance.randrange(trial.keeper.slots(place)))


def weathered(trial: Trial, seed: int, changes: int, record_property: Record) -> None:
    """A storm, then calm: every partition has one owner, and the auditor finds nothing wrong."""
    begun = time.monotonic()
    storm(trial, random.Random(seed), changes)
    for number, step in enumerate(trial.keeper.plan.steps):
        trial.keeper.lay_out(step.label, min(step.tasks, number % PARTITIONS + 1))
    calm = time.monotonic()
    trial.wait_for_rows(300)
    record_property("silence", round(trial.watcher.silence(begun), 2))
    record_property("kills", sum(ending.code == -9 for ending in trial.keeper.endings))
    assert trial.audit() == []
    fenced = [each for each in trial.keeper.endings if each.at > calm and each.code == 3]
    assert fenced == [], "two owners of a partition fence each other"


@pytest.mark.long
def test_a_storm_of_layouts_and_kills_loses_and_doubles_nothing(
    trials: Trials, record_property: Record
) -> None:
    weathered(trials("keyed"), seed=1, changes=4, record_property=record_property)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("workload", ["stateless", "rekeyed"])
def test_a_storm_of_two_minutes(
    trials: Trials, record_property: Record, workload: str, seed: int
) -> None:
    weathered(trials(workload), seed, changes=60, record_property=record_property)
