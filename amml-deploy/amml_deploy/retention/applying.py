"""Carries out a plan of deletions, each said to the control API before it begins and after it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from amml_deploy.control import ControlError
from amml_deploy.datasets import Shelf
from amml_deploy.errors import AmmlError
from amml_deploy.retention.amounts import rule_text
from amml_deploy.retention.plan import Part, Piece, Plan
from amml_deploy.retention.planning import TOPIC, TROUBLES, Site
from amml_lake.retention import deletions, finish, take_away
from amml_lake.synchroniser import synchronise

NAMED = 200  # pieces that the audit names one by one


def carry_all_out(site: Site, plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
    """Delete all that a plan says; what was deleted, and what could not be, and why.

    One thing that fails does not keep the others from it.
    """
    answers: list[dict[str, Any]] = []
    failed = list(plan.problems)
    for part in plan.parts:
        try:
            if part.going:
                answers.append(carry_out(site, plan, part))
        except TROUBLES as error:
            failed.append(f"{part.thing}: {error}")
    return answers, failed


def carry_out(site: Site, plan: Plan, part: Part) -> dict[str, Any]:
    """Delete what a part of a plan says, and say so.

    Errors: ControlError, a hold or another rule has come meanwhile: nothing was deleted; what the
        lake or Kafka says, and then the control API knows whether anything was.
    """
    detail = part.summary() | {"forced": plan.forced, "named": _named(part.going)}
    _say(site, part.thing, plan.id, "begun", detail)
    try:
        done = _of_topic(site, part) if part.thing.startswith(TOPIC) else _of_lake(site, plan, part)
    except TROUBLES:
        with suppress(*TROUBLES):  # the next one does it, if it cannot be done now
            finish_begun(site, part.thing)
        raise
    _say(site, part.thing, plan.id, "done", detail | done)
    return {"thing": part.thing, "plan": plan.id, **part.summary(), **done}


def finish_begun(site: Site, thing: str) -> list[str]:
    """Finish what deletions of a thing have begun and did not live to end; what was done.

    One that had changed nothing yet is given up: the next plan has it again.
    """
    found = site.control.find(f"/retention/{thing}")
    begun = [each for each in (found or {}).get("deletions", ()) if each["state"] == "begun"]
    if begun and not thing.startswith(TOPIC):
        finish(site.data_set(thing))
        synchronise(site.data_set(thing), Shelf(site.control))
    said: list[str] = []
    for each in begun:
        happened = _happened(site, thing, each)
        state = "done" if happened else "given up"
        _say(site, thing, each["plan"], state, each["detail"])
        said.append(f"{thing}: the deletion {each['plan']} had broken off; it is {state}")
    return said


def _of_lake(site: Site, plan: Plan, part: Part) -> dict[str, Any]:
    data_set = site.data_set(part.thing)
    files = [each.name for each in part.going if not each.copy]
    aside = [each.name for each in part.going if each.copy]
    reason = f"{plan.id}: {rule_text(part.rule)}"
    made = take_away(data_set, files, aside, reason, plan.forced)
    synchronise(data_set, Shelf(site.control))
    return {"files": len(files), "copies": len(aside), "manifest": made.number if made else None}


def _of_topic(site: Site, part: Part) -> dict[str, Any]:
    records = site.records(part.thing)
    wanted = {int(each.name): each.last or 0 for each in part.going}
    begin = records.delete_before(wanted)
    short = {each: begin[each] for each, offset in wanted.items() if begin[each] < offset}
    if short:
        raise AmmlError(
            f"{part.thing}: Kafka has not deleted as asked; partitions begin at {short}"
        )
    return {"begins_at": {str(each): begin[each] for each in sorted(begin)}}


def _happened(site: Site, thing: str, deletion: Mapping[str, Any]) -> bool:
    """Whether a deletion that has begun has changed what it was to change."""
    plan, named = deletion["plan"], deletion["detail"].get("named", [])
    if not thing.startswith(TOPIC):
        made = deletions(site.data_set(thing))
        return any(each.reason.startswith(f"{plan}:") for each in made)
    extents = site.records(thing).extents()
    return all(extents.get(int(each["name"]), (0, 0))[0] >= each["last"] for each in named)


def _named(going: tuple[Piece, ...]) -> list[dict[str, Any]]:
    """The pieces themselves, as far as there is room; the manifest of a deletion names them all."""
    return [
        {
            "name": each.name,
            "first": each.first,
            "last": each.last,
            "rows": each.rows,
            "by": each.by,
        }
        for each in going[:NAMED]
    ]


def _say(site: Site, thing: str, plan: str, state: str, detail: Mapping[str, Any]) -> None:
    try:
        body = {"state": state, "detail": detail}
        site.control.put(f"/retention/{thing}/deletions/{plan}", body)
    except ControlError as error:
        if state == "begun":
            raise
        raise AmmlError(
            f"{thing}: was deleted, and the audit has not heard of it: {error}"
        ) from error
