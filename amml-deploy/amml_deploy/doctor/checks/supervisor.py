"""Whether somebody looks after the local workflows."""

from collections.abc import Iterator

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Site


def examine(site: Site) -> Iterator[Finding]:
    """Look at its process, and whether it has begun."""
    server = site.servers.get("supervisor", {"state": "down", "pid": None, "log": ""})
    yield judge(server["state"], server["pid"])


def judge(state: str, pid: int | None) -> Finding:
    """What its process says.

    >>> judge("ready", 7).message
    'it looks after the workflows, as process 7'
    """
    if state == "ready":
        return ok(f"it looks after the workflows, as process {pid}")
    said = "it is down" if state == "down" else f"process {pid} has not begun to look after them"
    return problem(
        said,
        "steps that run go on; one that crashes is not started again, and no deploy takes effect",
        "`amml up` starts it; its log is in the platform's folder, logs/supervisor.log",
    )
