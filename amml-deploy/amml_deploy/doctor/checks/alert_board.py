"""Whether alerts come from their topic to the control API and to people."""

from collections.abc import Iterator

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Site


def examine(site: Site) -> Iterator[Finding]:
    """Look at its process, where the platform has one."""
    server = site.servers.get("alert-board")
    if server is None:
        yield ok("this platform has none")
    else:
        yield judge(server["state"], server["pid"])


def judge(state: str, pid: int | None) -> Finding:
    """What its process says.

    >>> judge("down", None).message
    'it is down'
    """
    if state == "ready":
        return ok(f"it carries alerts, as process {pid}")
    return problem(
        "it is down" if state == "down" else f"process {pid} does not answer",
        "alerts wait in Kafka, none is lost; `amml alerts` shows no new ones, and nobody is told",
        "`amml up` starts it; its log is in the platform's folder, logs/alert-board.log",
    )
