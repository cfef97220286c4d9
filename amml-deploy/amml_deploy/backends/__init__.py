"""What carries out a plan; the plan itself knows nothing of where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from amml_deploy.planner.settings import Settings
from amml_deploy.step_logs import Line
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Applied:
    """What applying a plan came to: the version and run that are wanted now."""

    version: int
    run: int
    changed: bool


class Backend(Protocol):
    """Where workflows run.

    Parameters:
        watched: somebody there keeps workflows as they are wanted, so that a plan which was
            applied before need not be applied again.
    """

    watched: ClassVar[bool]

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """Make the plan what is to run; the same plan again changes nothing.

        Parameters:
            expected_version: the version the plan was made from, None for a new workflow.
        """
        ...

    def remove(self, workflow: str, keep_data: bool) -> None:
        """Say that the workflow is to go; `status` is None when it has."""
        ...

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The workflow's document with how it is at this moment, or None if there is none."""
        ...

    def logs(
        self, workflow: str, label: str | None, last: int, follow: bool = False
    ) -> Iterator[Line]:
        """The last lines that each process of a step, or of all, wrote; then those that come.

        Errors: UserError, there is no such step, or it has written nothing.
        """
        ...
