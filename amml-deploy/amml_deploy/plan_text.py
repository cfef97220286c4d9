"""A plan as a person reads it, and as JSON."""

from typing import Any

from amml_deploy.planner.diff import Change, step_changes, topic_changes
from amml_deploy.preparing import Prepared


def plan_document(prepared: Prepared) -> dict[str, Any]:
    """What a deploy would do, as plain data."""
    plan, old = prepared.plan, prepared.old
    before = old.plan if old else None
    return {
        "workflow": plan.workflow,
        "run": plan.run,
        "bounded": plan.bounded,
        "unchanged": prepared.unchanged,
        "steps": [change.to_json() for change in step_changes(before, plan)],
        "topics": [change.to_json() for change in topic_changes(before, plan)],
        "guarantees": list(plan.guarantees),
        "notes": list(plan.notes),
    }


def plan_text(prepared: Prepared) -> str:
    """What a deploy would do: steps, topics and notes, one a line."""
    before = prepared.old.plan if prepared.old else None
    steps = step_changes(before, prepared.plan)
    topics = topic_changes(before, prepared.plan)
    guarantees = [f"  {each}" for each in prepared.plan.guarantees]
    notes = [f"  {note}" for note in prepared.plan.notes]
    return "\n".join(
        [
            _headline(prepared),
            *_lines(steps),
            "topics",
            *_lines(topics),
            "guarantees",
            *guarantees,
            *(["notes", *notes] if notes else []),
        ]
    )


def dropped_states(prepared: Prepared) -> list[str]:
    """The steps that would lose what they remember."""
    before = prepared.old.plan if prepared.old else None
    return [each.name for each in step_changes(before, prepared.plan) if each.state_dropped]


def _headline(prepared: Prepared) -> str:
    plan, old = prepared.plan, prepared.old
    kind = "ends by itself" if plan.bounded else "runs until it is undeployed"
    if old is None:
        what = f"new, run {plan.run}"
    elif plan.run != old.run:
        what = f"run {plan.run} after run {old.run}"
    else:
        what = f"no changes, run {plan.run}" if prepared.unchanged else f"run {plan.run} goes on"
    return f"{plan.workflow}: {what}; {kind}"


def _lines(changes: list[Change]) -> list[str]:
    widest = max((len(change.name) for change in changes), default=0)
    return [
        f"  {each.sign} {each.name:<{widest}}  {'; '.join(each.details)}".rstrip()
        for each in changes
    ]
