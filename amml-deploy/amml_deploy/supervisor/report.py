"""What the supervisor tells the control API about a workflow."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from amml_deploy.supervisor.wish import StepWish, Wish
from amml_deploy.supervisor.worker import Worker


def report(wish: Wish, workers: Sequence[Worker], message: str) -> dict[str, Any]:
    """The document of a workflow: its state, and that of each slot of each step.

    Parameters:
        message: what hinders the workflow as a whole; empty if nothing does.
    """
    wanted = wish.slots()
    known = {
        worker.slot: worker
        for worker in workers
        if worker.slot not in wanted or not _is_past(worker, wanted[worker.slot], wish)
    }
    steps: dict[str, list[dict[str, Any]]] = {step.label: [] for step in wish.steps}
    for slot in wanted:
        if worker := known.get(slot):
            steps[slot.label].append(_slot(worker))
    # A slot that is not known yet is about to start.
    states = [state_of(known[slot]) if slot in known else "starting" for slot in wanted]
    return {
        "state": _state(wish, states, list(known.values())),
        "version": wish.version,
        "run": wish.run,
        "message": message or _message(known.values()),
        "steps": steps,
    }


def _is_past(worker: Worker, step: StepWish, wish: Wish) -> bool:
    """Whether it ended as part of what was wanted before: its successor is about to start."""
    if worker.alive or wish.desired != "running":
        return False
    return worker.digest != step.digest or (worker.failed and worker.version != wish.version)


def state_of(worker: Worker) -> str:
    """One word for a slot."""
    if worker.phase == "stopping":
        return "stopping"
    if worker.alive:
        return "running" if worker.ready else "starting"
    if worker.completed:
        return "completed"
    if worker.failed:
        return "failed"
    return "stopped" if worker.stopped else "restarting"


def _state(wish: Wish, states: Iterable[str], workers: Sequence[Worker]) -> str:
    """One word for the workflow: that of the slot worst off."""
    if wish.desired != "running":
        return "stopping" if any(worker.alive for worker in workers) else "stopped"
    found = set(states)
    if "failed" in found:
        return "failed"
    if "restarting" in found or any(worker.alive and worker.failures > 1 for worker in workers):
        return "degraded"
    if found & {"starting", "stopping", "stopped"}:
        return "starting"
    return "completed" if found == {"completed"} else "running"


def _message(workers: Iterable[Worker]) -> str:
    """Why the first step that is in trouble ended."""
    for worker in workers:
        if worker.failed or worker.failures:
            return f"{worker.slot.label}: {worker.reason}"
    return ""


def _slot(worker: Worker) -> dict[str, Any]:
    return {
        "slot": worker.slot.number,
        "state": state_of(worker),
        "pid": worker.process.pid if worker.process else None,
        "restarts": worker.restarts,
        "exit_code": worker.exit_code,
        "reason": worker.reason,
        "log": list(worker.log),
        "since": datetime.fromtimestamp(worker.since, UTC).isoformat(),
        "metrics_port": worker.port or None,
        "samples": dict(worker.samples),
    }
