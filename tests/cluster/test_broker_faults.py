"""Brokers that end, well or badly, while a workflow is at work: nothing is lost or doubled.

The auditor says so at the end of each case. `silence` is the longest time without a row from the
fault on, as any reader of the output sees it.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

pytestmark = pytest.mark.platform

Cluster = Any  # what the fixtures of conftest.py give, which tests do not import
Trial = Any
Trials = Callable[[str], Trial]
Record = Callable[[str, object], None]

ROLES = ("leader", "coordinator", "controller")
ENOUGH = 300  # rows that show that work goes on


def broker_of(role: str, cluster: Cluster, trial: Trial) -> int:
    """The broker that has a role for a trial."""
    if role == "leader":
        return cluster.leader(trial.source)
    if role == "coordinator":
        return cluster.coordinator(f"{trial.last.name}.0")
    return cluster.controller()


@contextmanager
def audited(trial: Trial, record_property: Record) -> Generator[None]:
    """A fault inside; afterwards rows come again, and the auditor finds nothing wrong."""
    begun = time.monotonic()
    yield
    trial.wait_for_rows(ENOUGH)
    record_property("silence", round(trial.watcher.silence(begun), 2))
    record_property("restarts", [f"{e.place.label}: {e.reason}" for e in trial.keeper.endings])
    assert trial.audit() == []


@pytest.mark.long
def test_a_broker_restarted_in_good_order_makes_it_pause_only(
    cluster: Cluster, trials: Trials, record_property: Record
) -> None:
    trial = trials("keyed")
    with audited(trial, record_property):
        number = cluster.leader(trial.source)
        cluster.stop(number)
        trial.wait_for_rows(ENOUGH)
        cluster.start(number)


@pytest.mark.long
def test_one_broker_killed_and_the_work_goes_on(
    cluster: Cluster, trials: Trials, record_property: Record
) -> None:
    trial = trials("rekeyed")
    with audited(trial, record_property):
        number = cluster.leader(trial.source)
        cluster.kill(number)
        trial.wait_for_rows(ENOUGH)
        cluster.start(number)


@pytest.mark.long
def test_two_brokers_killed_and_nothing_is_taken_until_they_are_back(
    cluster: Cluster, trials: Trials, record_property: Record
) -> None:
    trial = trials("keyed")
    with audited(trial, record_property):
        cluster.kill(1, 2)
        time.sleep(3)  # what was committed before is read to its end
        before = trial.watcher.count
        time.sleep(3)
        assert trial.watcher.count == before
        cluster.start(1, 2)


@pytest.mark.long
@pytest.mark.parametrize("workload", ["stateless", "rekeyed", "fitted"])
@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.parametrize("role", ROLES)
def test_a_broker_of_any_role_may_end_in_any_way(
    cluster: Cluster, trials: Trials, record_property: Record, role: str, end: str, workload: str
) -> None:
    trial = trials(workload)
    with audited(trial, record_property):
        number = broker_of(role, cluster, trial)
        getattr(cluster, end)(number)
        trial.wait_for_rows(ENOUGH)
        cluster.start(number)


@pytest.mark.long
@pytest.mark.parametrize("workload", ["keyed", "fitted"])
def test_all_brokers_killed_and_it_goes_on_when_they_are_back(
    cluster: Cluster, trials: Trials, record_property: Record, workload: str
) -> None:
    trial = trials(workload)
    with audited(trial, record_property):
        cluster.kill(1, 2, 3)
        time.sleep(2)
        cluster.start()


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("seconds", [5, 30, 90])
def test_a_frozen_broker_is_waited_for_without_burning_the_processor(
    cluster: Cluster, trials: Trials, record_property: Record, seconds: int, role: str
) -> None:
    trial = trials("keyed")
    with audited(trial, record_property):
        number = broker_of(role, cluster, trial)
        cluster.freeze(number)
        spent = trial.keeper.processor_seconds()
        time.sleep(seconds)
        share = (trial.keeper.processor_seconds() - spent) / seconds
        record_property("cores", round(share, 2))
        cluster.thaw(number)
        assert share < 0.2 * len(trial.keeper.plan.steps), "of a core for each step"


@pytest.mark.long
def test_a_cluster_frozen_past_the_transaction_timeout_is_told_of_and_outlived(
    cluster: Cluster, trials: Trials, record_property: Record
) -> None:
    trial = trials("keyed")
    with audited(trial, record_property):
        for number in (1, 2, 3):
            cluster.freeze(number)
        time.sleep(90)
        for number in (1, 2, 3):
            cluster.thaw(number)
    assert trial.keeper.endings, "nobody waits for ever"
    assert not trial.keeper.faults()
