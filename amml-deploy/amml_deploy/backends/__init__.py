"""What carries out a plan; the plan itself knows nothing of where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from amml_deploy.planner.settings import Settings
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Applied:
    """What applying a plan came to: the version and run that are wanted now."""

    version: int
    run: int
    changed: bool


class Backend(Protocol):
    """Where workflows run."""

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
        """How the workflow is, or None if there is none."""
        ...

    def logs(self, workflow: str, label: str, lines: int) -> list[str]:
        """The last lines that a step's processes wrote."""
        ...
