"""Whether the control API answers, and to our token."""

from collections.abc import Iterator

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Silent, Site


def examine(site: Site) -> Iterator[Finding]:
    """Ask it something that needs the token and no other server."""
    try:
        control = site.control
    except Silent as error:
        yield problem(
            str(error),
            "running workflows go on; nothing can be deployed or looked up",
            "`amml up` starts it; its log is in the platform's folder, logs/model-manager.log",
        )
        return
    yield ok(f"it answers at {control.url}, and takes the token")
