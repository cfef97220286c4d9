"""Whether the Kafka Connect worker answers, and which connectors have failed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from amml_deploy.connectors import Seen, seen
from amml_deploy.control import ControlError
from amml_deploy.doctor.finding import Finding, ok, problem, warning
from amml_deploy.doctor.site import Silent, Site


def examine(site: Site) -> Iterator[Finding]:
    """Ask the control API for all connectors, if there should be a worker."""
    try:
        every: Mapping[str, Any] = site.control.get("/connectors", expand=["status"])
    except ControlError as error:
        yield _silent(site, error)
        return
    yield from judge([seen(each["status"]) for each in every.values()])


def judge(connectors: Iterable[Seen]) -> Iterator[Finding]:
    """What each connector is.

    >>> [found.message for found in judge([Seen("hall", "RUNNING", 1, 1)])]
    ['1 connector, none has failed']
    """
    every = list(connectors)
    failed = [each for each in every if each.state == "FAILED"]
    for each in failed:
        yield problem(
            f"connector `{each.name}` has failed: {each.cause}",
            "its rows do not come in; those that came in stay, and none is lost",
            f"mend the cause, then `amml connect restart {each.name}`",
        )
    for each in every:
        if each.state == "UNASSIGNED":
            yield warning(
                f"connector `{each.name}` is not at work yet",
                "its rows do not come in until the worker takes it up",
                "look again in a minute; the worker's log has the reason",
            )
    if not failed:
        yield ok(f"{len(every)} connector{'s' * (len(every) != 1)}, none has failed")


def _silent(site: Site, error: ControlError) -> Finding:
    if error.code == "no_worker" or (error.code == "worker_unavailable" and not _wanted(site)):
        return ok("no Kafka Connect worker is wanted")
    message = str(error).partition("\n")[0]
    return problem(
        message,
        "no rows come in by connectors; nothing is lost, as each knows where it was",
        "`amml up` starts it; its log is in the platform's folder, logs/connect.log",
    )


def _wanted(site: Site) -> bool:
    """Whether the platform here has a worker; one of somebody's own always should answer."""
    try:
        return not site.servers or "connect" in site.servers
    except Silent:
        return True
