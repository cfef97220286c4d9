"""What the control API is told."""

from dataclasses import replace

import pytest

from amml_deploy.supervisor.report import report
from amml_deploy.supervisor.wish import Slot, StepWish, Wish
from amml_deploy.supervisor.worker import Worker

STEP = StepWish.of({"label": "a", "slots": 2})
WISH = Wish("w", 1, 1, "running", steps=(STEP,))
RUNNING = Worker(Slot("a", 0), 1, 1, STEP.digest, since=0.0, ready=True)
STARTING = replace(RUNNING, ready=False)
COMPLETED = RUNNING.ended(0, "completed", (), 9.0)
CRASHED = RUNNING.ended(-9, "killed by SIGKILL", ("last line",), 9.0)
FAILED = RUNNING.ended(2, "unknown column `OT`", (), 9.0)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (RUNNING, RUNNING, "running"),
        (RUNNING, COMPLETED, "running"),
        (COMPLETED, COMPLETED, "completed"),
        (RUNNING, STARTING, "starting"),
        (RUNNING, None, "starting"),
        (RUNNING, CRASHED, "degraded"),
        (FAILED, CRASHED, "failed"),
    ],
)
def test_a_workflow_is_as_well_as_its_worst_slot(
    first: Worker, second: Worker | None, state: str
) -> None:
    workers = [first, *([replace(second, slot=Slot("a", 1))] if second else [])]
    assert report(WISH, workers, "")["state"] == state


def test_a_crash_is_told_with_its_reason_and_the_end_of_the_log() -> None:
    document = report(WISH, [CRASHED], "")
    assert document["message"] == "a: killed by SIGKILL"
    [slot] = document["steps"]["a"]
    told = {name: slot[name] for name in ("slot", "state", "exit_code", "reason", "log")}
    assert told == {
        "slot": 0,
        "state": "restarting",
        "exit_code": -9,
        "reason": "killed by SIGKILL",
        "log": ["last line"],
    }


def test_a_worker_kept_on_disk_comes_back_the_same() -> None:
    assert Worker.from_json(CRASHED.slot, CRASHED.to_json()) == CRASHED


@pytest.mark.parametrize("ended", [COMPLETED, FAILED, CRASHED])
def test_how_an_earlier_run_ended_is_not_told_of_the_next(ended: Worker) -> None:
    """Seen: `amml run --wait` returned at once, and a second `amml run` threw the first away."""
    step = StepWish.of({"label": "a", "slots": 2, "run": 2})
    wish = replace(WISH, run=2, version=2, steps=(step,))
    document = report(wish, [ended, replace(ended, slot=Slot("a", 1))], "")
    assert (document["state"], document["message"]) == ("starting", "")


def test_what_failed_is_about_to_be_tried_again_once_it_was_deployed_again() -> None:
    failed = [replace(FAILED, slot=Slot("a", number)) for number in range(2)]
    assert report(WISH, failed, "")["state"] == "failed"
    assert report(replace(WISH, version=2), failed, "")["state"] == "starting"
