"""Workflows whose steps are at fault, and those that nobody reports on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from amml_deploy.doctor.finding import Finding, ok, problem, some, warning
from amml_deploy.doctor.site import Site
from amml_deploy.status import summary


def examine(site: Site) -> Iterator[Finding]:
    """Ask the control API."""
    return judge(site.workflows, datetime.now(UTC))


def judge(workflows: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    """What each was last reported to be."""
    every = [(each, summary(each, now)) for each in workflows]
    for workflow, seen in every:
        yield from _trouble(workflow, seen["reported_state"])
    unseen = [seen["name"] for _, seen in every if seen["stale"]]
    if unseen:
        yield warning(
            f"the supervisor does not report on {some(unseen)}",
            "how these are is not known; their steps go on if they ran",
            "`amml up` starts the supervisor",
        )
    if not unseen and not any(seen["reported_state"] in _WORDS for _, seen in every):
        yield ok(f"{len(every)} workflow{'s' * (len(every) != 1)}, none with a step at fault")


_WORDS = {
    "failed": "has failed",
    "degraded": "keeps losing a step",
}


def _trouble(workflow: Mapping[str, Any], state: str | None) -> Iterator[Finding]:
    if state not in _WORDS:
        return
    name = workflow["name"]
    said = str((workflow.get("status") or {}).get("message") or "")
    message = f"`{name}` {_WORDS[state]}" + (f": {said}" if said else "")
    if state == "failed":
        yield problem(
            message,
            "it has stopped, and is not started again by itself; what was committed stays",
            f"`amml logs {name}` has the step's last words; deploy it again when the cause is gone",
        )
    else:
        yield warning(
            message,
            "it is started again and again, and goes on from its last commit",
            f"`amml logs {name}` has the step's last words",
        )
