"""Faults follow from the seed alone, and spare nobody."""

from random import Random

from amml_deploy.certify.faults import Target, draw
from amml_deploy.supervisor.wish import Slot
from amml_runtime.spec import Mode


def targets(commits: int = 10, mode: Mode = "process") -> list[Target]:
    return [Target(Slot(f"s{n}", 0), mode, commits) for n in range(4)]


def test_the_same_seed_draws_the_same_faults() -> None:
    assert draw(Random(7), targets(), True) == draw(Random(7), targets(), True)
    assert draw(Random(7), targets(), True) != draw(Random(8), targets(), True)


def test_how_often_a_step_committed_moves_only_the_fail_points() -> None:
    few, many = (draw(Random(3), targets(commits), False) for commits in (2, 500))
    assert [(f.kind, f.slot, f.at) for f in few] == [(f.kind, f.slot, f.at) for f in many]


def test_every_process_is_met() -> None:
    assert {fault.slot for fault in draw(Random(1), targets(), False)} == {
        target.slot for target in targets()
    }


def test_all_kinds_come_up_and_the_broker_only_on_request() -> None:
    found = [fault for seed in range(20) for fault in draw(Random(seed), targets(), False)]
    assert {fault.kind for fault in found} == {"kill", "fail point", "zombie", "stop"}
    assert "broker frozen" in {fault.kind for fault in draw(Random(1), targets(), True)}


def test_a_fit_has_no_fail_points_and_a_training_those_of_its_epochs() -> None:
    fits = [f for s in range(20) for f in draw(Random(s), targets(mode="fit"), False)]
    assert not any(fault.point for fault in fits)
    trainings = [f for s in range(20) for f in draw(Random(s), targets(mode="train"), False)]
    places = {fault.point.partition(":")[0] for fault in trainings if fault.point}
    assert places == {"epoch", "before_commit", "after_commit"}
