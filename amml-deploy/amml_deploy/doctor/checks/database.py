"""Whether PostgreSQL answers the control API, with our tables and connections to spare."""

from collections.abc import Iterator, Mapping
from typing import Any

from amml_deploy.doctor.finding import Finding, ok, problem, warning
from amml_deploy.doctor.site import Silent, Site


def examine(site: Site) -> Iterator[Finding]:
    """Ask the control API, which alone may ask it; else look at its process."""
    state = site.servers.get("postgres", {}).get("state")
    try:
        said = site.stores["database"]
    except Silent:
        if state != "down":
            raise
        said = {"reachable": False, "problem": "PostgreSQL is down"}
    yield from judge(said)


def judge(said: Mapping[str, Any]) -> Iterator[Finding]:
    """What the control API says of it."""
    if not said["reachable"]:
        yield problem(
            str(said["problem"]),
            "running workflows go on; nothing can be deployed, trained or looked up",
            "`amml up` starts it; its log is in the platform's folder, logs/postgres.log",
        )
        return
    used, most = said["connections"], said["max_connections"]
    if said["pending"]:
        yield problem(
            f"{', '.join(said['pending'])} has not been applied",
            "the control API is newer than the tables",
            "start the control API again: it brings them up to date",
        )
    elif used > 0.8 * most:
        yield warning(
            f"{used} of {most} connections are taken",
            "the control API may soon get none",
            "see who has them in pg_stat_activity, or raise max_connections",
        )
    else:
        yield ok(f"tables at {said['migration']}, {used} of {most} connections taken")
