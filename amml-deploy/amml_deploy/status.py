"""What the supervisor reported of a workflow, and what its steps say of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeAlias

from amml_deploy.scrape import Figures, Samples

Document: TypeAlias = Mapping[str, Any]

STALE_AFTER = 15.0  # seconds; the supervisor reports more often than that

_NO_FIGURES = dict.fromkeys(Figures.__dataclass_fields__)
# Of several slots, the one worst off says what state the step is in.
_WORST_FIRST = ("failed", "restarting", "starting", "stopping", "running", "stopped", "completed")


def age_of(workflow: Document, now: datetime) -> float | None:
    """The seconds since the supervisor's last report; None before the first."""
    reported = workflow.get("reported_at")
    if reported is None:
        return None
    return max(0.0, (now - datetime.fromisoformat(reported)).total_seconds())


def summary(workflow: Document, now: datetime | None = None) -> dict[str, Any]:
    """A workflow in one line: an old report is `unknown`, with what it last said beside it."""
    age = age_of(workflow, now or datetime.now(UTC))
    stale = age is None or age > STALE_AFTER
    reported = (workflow.get("status") or {}).get("state")
    return {
        "name": workflow["name"],
        "state": "unknown" if stale else reported,
        "reported_state": reported,
        "desired": workflow["desired"],
        "run": workflow["run"],
        "version": workflow["version"],
        "reported_at": workflow.get("reported_at"),
        "report_age_seconds": age,
        "stale": stale,
    }


def ports(workflow: Document) -> list[int]:
    """The metrics ports of all slots that have one."""
    return [
        slot["metrics_port"]
        for slots in _steps(workflow).values()
        for slot in slots
        if slot.get("metrics_port") and slot.get("pid")
    ]


def step_rows(
    workflow: Document,
    before: Mapping[int, Samples],
    after: Mapping[int, Samples],
    seconds: float,
) -> list[dict[str, Any]]:
    """One row a step: state, slots, figures, and the rows a second between two scrapes."""
    return [
        _step_row(label, slots, before, after, seconds) for label, slots in _steps(workflow).items()
    ]


def _step_row(
    label: str,
    slots: Sequence[Document],
    before: Mapping[int, Samples],
    after: Mapping[int, Samples],
    seconds: float,
) -> dict[str, Any]:
    numbers = [slot.get("metrics_port") for slot in slots]
    first = Figures.of(before.get(number or 0, {}) for number in numbers)
    last = Figures.of(_samples(slot, after) for slot in slots)
    worst = min(slots, key=_badness, default={})
    return {
        "label": label,
        "state": worst.get("state"),
        "slots": len(slots),
        "running": sum(slot.get("state") == "running" for slot in slots),
        **(asdict(last) if last else _NO_FIGURES),
        "rows_per_second": _rate(first, last, seconds),
        "restarts": sum(slot.get("restarts") or 0 for slot in slots),
        "since": worst.get("since"),
        "reason": worst.get("reason"),
    }


def _samples(slot: Document, scraped: Mapping[int, Samples]) -> Samples:
    """What a slot says at its port, or what it said last."""
    return scraped.get(slot.get("metrics_port") or 0) or slot.get("samples") or {}


def _steps(workflow: Document) -> Mapping[str, Sequence[Document]]:
    """The slots of each step, in the order of the plan where it is known."""
    reported: Mapping[str, Sequence[Document]] = (workflow.get("status") or {}).get("steps") or {}
    planned = [step["label"] for step in (workflow.get("plan") or {}).get("steps", ())]
    return {label: reported.get(label, ()) for label in dict.fromkeys([*planned, *reported])}


def _badness(slot: Document) -> int:
    state = slot.get("state")
    return _WORST_FIRST.index(state) if state in _WORST_FIRST else len(_WORST_FIRST)


def _rate(first: Figures | None, last: Figures | None, seconds: float) -> float | None:
    if first is None or last is None or seconds <= 0:
        return None
    moved = max(last.rows_in - first.rows_in, last.rows_out - first.rows_out)
    return round(max(0, moved) / seconds, 1)
