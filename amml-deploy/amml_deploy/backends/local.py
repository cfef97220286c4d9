"""The local backend: the control API keeps what is wanted, the supervisor makes it so.

A deploy is one PUT, so a command that is killed has done all of it or nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from amml_deploy.backends import Applied
from amml_deploy.backends.recording import record
from amml_deploy.control import Control, bootstrap_of, home_of
from amml_deploy.errors import UserError
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.settings import Settings
from amml_deploy.reachable import check_broker
from amml_deploy.step_logs import Line, labels, log_files, read_logs
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Local:
    """Workflows as processes of this machine.

    Parameters:
        control: the control API of the platform here.
        environ: names the platform's folder, which holds the logs.
    """

    control: Control
    environ: Mapping[str, str]
    watched: ClassVar[bool] = True

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """One PUT.

        Errors: ControlError, somebody else deployed since the plan was made; AmmlError, the
            broker is down, and nothing was changed.
        """
        check_broker(bootstrap_of(home_of(self.environ), self.environ))
        return record(self.control, plan, settings, expected_version)

    def remove(self, workflow: str, keep_data: bool) -> None:
        """One PATCH; what is left to do is the supervisor's.

        Errors: AmmlError, the broker is down, and nothing was changed.
        """
        check_broker(bootstrap_of(home_of(self.environ), self.environ))
        wanted = {"desired": "removed", "keep_data": keep_data}
        self.control.patch(f"/workflows/{workflow}", wanted)

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The workflow's document, with what the supervisor reported last."""
        return self.control.find(f"/workflows/{workflow}")

    def logs(
        self, workflow: str, label: str | None, last: int, follow: bool = False
    ) -> Iterator[Line]:
        """The ends of the log files, slot by slot."""
        return logs_here(self.environ, workflow, label, last, follow)


def logs_here(
    environ: Mapping[str, str], workflow: str, label: str | None, last: int, follow: bool
) -> Iterator[Line]:
    """What the processes of a workflow wrote on this machine; it needs no control API.

    Errors: UserError, nothing was written, and nobody waits for it.
    """
    folder = logs_folder(environ, workflow)
    if not follow:
        _refuse_missing(folder, workflow, label)
    return read_logs(folder, label, last, follow)


def logs_folder(environ: Mapping[str, str], workflow: str) -> Path:
    """Where the processes of a workflow write, if they run here."""
    return home_of(environ) / "workflows" / workflow / "logs"


def _refuse_missing(folder: Path, workflow: str, label: str | None) -> None:
    if log_files(folder, label):
        return
    if label is not None and log_files(folder):
        raise UserError(f"`{workflow}` has no step `{label}`; {suggestion(label, labels(folder))}")
    folders = sorted(folder.parent.parent.glob("*"))
    others = [path.name for path in folders if (path / "logs").is_dir()]
    near = f"; {suggestion(workflow, others)}" if others else ""
    raise UserError(f"`{workflow}` has written no logs here{near}")
