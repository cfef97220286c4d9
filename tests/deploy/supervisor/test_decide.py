"""What the supervisor does next, without a process in sight."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from amml_deploy.supervisor.decide import (
    GRACE,
    CleanUp,
    Forget,
    Kill,
    MakeTopics,
    Start,
    Stop,
    decide,
)
from amml_deploy.supervisor.wish import Slot, StepWish, Wish
from amml_deploy.supervisor.worker import FAULT, FENCED, HEALTHY, Worker

NOW = 1_000_000.0
A, B = Slot("a", 0), Slot("b", 0)

WorkerFactory = Callable[..., Worker]


def step(label: str, slots: int = 1, **told: object) -> StepWish:
    return StepWish.of({"label": label, "slots": slots, **told})


def wish(*steps: StepWish, **changes: object) -> Wish:
    made = Wish("w", 1, 1, "running", steps=steps or (step("a"), step("b")))
    return replace(made, **changes)


@pytest.fixture
def worker() -> WorkerFactory:
    """A worker that has run for a second as the plan of `wish()` wants it."""

    def make(slot: Slot, **changes: object) -> Worker:
        digest = step(slot.label).digest
        made = Worker(slot, run=1, version=1, digest=digest, since=NOW - 1, ready=True)
        return replace(made, **changes)

    return make


def crashed(worker: Worker, code: int | None = 1, times: int = 1) -> Worker:
    return replace(worker, failures=times - 1).ended(code, "boom", (), NOW)


def test_topics_come_before_the_first_step() -> None:
    assert decide(wish(), [], False, NOW) == [MakeTopics()]


def test_every_slot_is_started_from_the_sources_on() -> None:
    steps = step("a", slots=2), step("b")
    expected = [Start(Slot("a", 0), steps[0]), Start(Slot("a", 1), steps[0]), Start(B, steps[1])]
    assert decide(wish(*steps), [], True, NOW) == expected


def test_what_runs_as_wanted_is_left_alone(worker: WorkerFactory) -> None:
    assert decide(wish(), [worker(A), worker(B)], True, NOW) == []


def test_a_step_whose_specification_is_unchanged_runs_through_a_new_version(
    worker: WorkerFactory,
) -> None:
    assert decide(wish(version=2), [worker(A), worker(B)], True, NOW) == []


def test_a_changed_step_is_stopped_and_then_started_anew(worker: WorkerFactory) -> None:
    new = step("a", alpha=1)
    wanted = wish(new, step("b"), version=2)
    assert decide(wanted, [worker(A), worker(B)], True, NOW) == [Stop(A)]
    stopped = replace(worker(A), phase="stopping").ended(0, "stopped", (), NOW)
    assert decide(wanted, [stopped, worker(B)], True, NOW) == [Start(A, new)]


def test_changed_steps_are_exchanged_from_the_sources_on(worker: WorkerFactory) -> None:
    wanted = wish(step("a", alpha=1), step("b", alpha=1), version=2)
    assert decide(wanted, [worker(B), worker(A)], True, NOW) == [Stop(A)]


def test_a_layout_ends_before_the_next_takes_its_partitions(worker: WorkerFactory) -> None:
    three = step("a", slots=3)
    wanted = wish(three, step("b"), version=2)
    assert decide(wanted, [worker(A), worker(B)], True, NOW) == [Stop(A)]
    stopping = replace(worker(A), phase="stopping", since=NOW)
    assert decide(wanted, [stopping, worker(B)], True, NOW) == []
    ended = stopping.ended(0, "stopped", (), NOW)
    starts = [Start(Slot("a", number), three) for number in range(3)]
    assert decide(wanted, [ended, worker(B)], True, NOW) == starts


def test_a_smaller_layout_waits_for_the_processes_that_go(worker: WorkerFactory) -> None:
    before, one = step("a", slots=2), step("a")
    first, second = (worker(Slot("a", number), digest=before.digest) for number in range(2))
    gone = replace(first, phase="stopping", since=NOW).ended(0, "stopped", (), NOW)
    still = replace(second, phase="stopping", since=NOW)
    wanted = wish(one, step("b"), version=2)
    assert decide(wanted, [gone, still, worker(B)], True, NOW) == []
    over = still.ended(0, "stopped", (), NOW)
    assert Start(A, one) in decide(wanted, [gone, over, worker(B)], True, NOW)


def test_a_step_that_is_gone_is_stopped_and_forgotten(worker: WorkerFactory) -> None:
    wanted = wish(step("a"), version=2)
    assert decide(wanted, [worker(A), worker(B)], True, NOW) == [Stop(B)]
    assert decide(wanted, [worker(A), crashed(worker(B))], True, NOW) == [Forget(B)]


def test_a_new_run_starts_when_all_of_the_one_before_has_ended(worker: WorkerFactory) -> None:
    wanted = wish(step("a", run=2), step("b", run=2), run=2, version=2)
    assert decide(wanted, [worker(A), worker(B)], True, NOW) == [Stop(A), Stop(B)]
    ended = replace(worker(A), phase="stopping").ended(0, "stopped", (), NOW)
    assert decide(wanted, [ended, replace(worker(B), phase="stopping")], True, NOW) == []
    assert [type(action) for action in decide(wanted, [ended], True, NOW)] == [Start, Start]


def test_what_does_not_stop_is_killed_when_its_grace_is_over(worker: WorkerFactory) -> None:
    told = worker(A, phase="stopping", since=NOW)
    wanted = wish(step("a"), desired="stopped")
    assert decide(wanted, [told], True, NOW + GRACE - 1) == []
    assert decide(wanted, [told], True, NOW + GRACE + 1) == [Kill(A)]


@pytest.mark.parametrize("code", [1, -9, 137, None, FENCED])
def test_a_first_crash_is_mended_at_once(worker: WorkerFactory, code: int | None) -> None:
    ended = crashed(worker(A), code)
    assert decide(wish(step("a")), [ended], True, NOW) == [Start(A, step("a"), 1, 1)]


def test_crashes_in_a_row_are_mended_ever_later(worker: WorkerFactory) -> None:
    ended = crashed(worker(A), times=4)
    assert decide(wish(step("a")), [ended], True, NOW + 0.39) == []
    assert decide(wish(step("a")), [ended], True, NOW + 0.41) == [Start(A, step("a"), 1, 4)]


def test_a_crash_after_a_healthy_minute_is_a_first_one(worker: WorkerFactory) -> None:
    long_ago = worker(A, failures=9, since=NOW - HEALTHY - 1).healthy(NOW)
    assert crashed(long_ago).failures == 1


def test_the_workflows_own_fault_waits_for_another_plan(worker: WorkerFactory) -> None:
    ended = worker(A).ended(FAULT, "unknown column `OT`", (), NOW)
    assert decide(wish(step("a")), [ended], True, NOW + 1e6) == []
    again = wish(step("a"), version=2)
    assert decide(again, [ended], True, NOW) == [Start(A, step("a"))]


def test_what_has_completed_is_not_started_again(worker: WorkerFactory) -> None:
    ended = worker(A).ended(0, "completed", (), NOW)
    assert decide(wish(step("a"), version=2), [ended], True, NOW + 1e6) == []


def test_what_was_stopped_runs_again_when_it_is_wanted_again(worker: WorkerFactory) -> None:
    stopped = worker(A, phase="stopping").ended(-15, "killed by SIGTERM", (), NOW)
    assert decide(wish(step("a"), desired="stopped"), [stopped], True, NOW) == []
    assert decide(wish(step("a")), [stopped], True, NOW) == [Start(A, step("a"))]


@pytest.mark.parametrize("wanted", [wish(desired="removed"), None])
def test_what_is_removed_stops_before_it_is_cleaned_up(
    worker: WorkerFactory, wanted: Wish | None
) -> None:
    stopping = worker(B, phase="stopping")
    assert decide(wanted, [worker(A), stopping], True, NOW) == [Stop(A)]
    ended = stopping.ended(0, "stopped", (), NOW)
    assert decide(wanted, [ended], True, NOW) == [CleanUp()]
