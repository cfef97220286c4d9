"""What to do next for one workflow: a pure function of what is wanted, what is there and the time.

It is asked again after everything that happens, so each answer only has to be one step nearer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from amml_deploy.supervisor.wish import Slot, StepWish, Wish
from amml_deploy.supervisor.worker import Worker

GRACE = 10.0  # seconds between being told to stop and being killed


@dataclass(frozen=True)
class Start:
    """Start a slot; `restarts` and `failures` are those of its life so far."""

    slot: Slot
    step: StepWish
    restarts: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Stop:
    """Tell a slot to end in good order."""

    slot: Slot


@dataclass(frozen=True)
class Kill:
    """End a slot that did not end in good order."""

    slot: Slot


@dataclass(frozen=True)
class Forget:
    """Remove what is known of a slot that has ended and is not wanted any more."""

    slot: Slot


@dataclass(frozen=True)
class MakeTopics:
    """Make the topics of the plan that are not there."""


@dataclass(frozen=True)
class CleanUp:
    """Remove what is left of a workflow: its folder, and if it was removed its topics too."""


Action: TypeAlias = Start | Stop | Kill | Forget | MakeTopics | CleanUp


def decide(
    wish: Wish | None, workers: Sequence[Worker], topics_made: bool, now: float
) -> list[Action]:
    """The next actions for one workflow.

    Parameters:
        wish: what is wanted; None if nobody knows the workflow any more.
        workers: every slot that is known, running or ended.
        topics_made: whether the topics of this version are there.
        now: seconds of the epoch.
    """
    if wish is None or wish.desired == "removed":
        return _end(workers, now) or ([] if _alive(workers) else [CleanUp()])
    if wish.desired == "stopped":
        return _end(workers, now)
    return _run(wish, workers, topics_made, now)


def _run(wish: Wish, workers: Sequence[Worker], topics_made: bool, now: float) -> list[Action]:
    if earlier := [worker for worker in _alive(workers) if worker.run != wish.run]:
        return _end(earlier, now)  # a new run begins when all of the one before it has ended
    actions = [*_unwanted(wish, workers, now), *_changed(wish, workers, now)]
    if not topics_made:
        return [*actions, MakeTopics()]
    known, taken = {worker.slot: worker for worker in workers}, _taken(wish, workers)
    starts = (
        _start(slot, step, known.get(slot), wish, now)
        for slot, step in wish.slots().items()
        if step.label not in taken
    )
    return [*actions, *(start for start in starts if start)]


def _taken(wish: Wish, workers: Sequence[Worker]) -> set[str]:
    """The steps of which a process in another form is alive: it may own any of the partitions."""
    digests = {step.label: step.digest for step in wish.steps}
    return {
        worker.slot.label
        for worker in _alive(workers)
        if worker.digest != digests.get(worker.slot.label)
    }


def _unwanted(wish: Wish, workers: Sequence[Worker], now: float) -> list[Action]:
    """What the plan no longer has is stopped, then forgotten."""
    wanted = wish.slots()
    gone = [worker for worker in workers if worker.slot not in wanted]
    return [*_end(gone, now), *(Forget(worker.slot) for worker in gone if not worker.alive)]


def _changed(wish: Wish, workers: Sequence[Worker], now: float) -> list[Action]:
    """The slots of the first step from the sources on that runs in another form than is wanted."""
    for step in wish.steps:
        others = [
            worker
            for worker in _alive(workers)
            if worker.slot.label == step.label and worker.digest != step.digest
        ]
        if others:
            return _end(others, now)
    return []


def _start(
    slot: Slot, step: StepWish, worker: Worker | None, wish: Wish, now: float
) -> Start | None:
    if worker is None:
        return Start(slot, step)
    if worker.alive:
        return None
    if worker.digest != step.digest or (worker.failed and worker.version != wish.version):
        return Start(slot, step)
    if worker.due(now):
        return Start(slot, step, worker.restarts + (not worker.stopped), worker.failures)
    return None


def _end(workers: Iterable[Worker], now: float) -> list[Action]:
    """Tell the running to stop, and kill those that were told long ago."""
    actions: list[Action] = []
    for worker in workers:
        if worker.phase == "running":
            actions.append(Stop(worker.slot))
        elif worker.phase == "stopping" and now > worker.since + GRACE:
            actions.append(Kill(worker.slot))
    return actions


def _alive(workers: Iterable[Worker]) -> list[Worker]:
    return [worker for worker in workers if worker.alive]
