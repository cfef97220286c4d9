"""The local backend: the control API keeps what is wanted, the supervisor makes it so.

A deploy is one PUT, so a command that is killed has done all of it or nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amml_deploy.backends import Applied
from amml_deploy.control import Control, bootstrap_of
from amml_deploy.planner.settings import Settings
from amml_deploy.reachable import check_broker
from amml_deploy.step_logs import read_logs
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Local:
    """Workflows as processes of this machine.

    Parameters:
        control: the control API of the platform here.
        home: the platform's folder, which holds the logs.
    """

    control: Control
    home: Path

    def apply(self, plan: Plan, settings: Settings, expected_version: int | None) -> Applied:
        """One PUT.

        Errors: ControlError, somebody else deployed since the plan was made; AmmlError, the
            broker is down, and nothing was changed.
        """
        check_broker(bootstrap_of(self.home, os.environ))
        answer = self.control.put(
            f"/workflows/{plan.workflow}",
            {
                "text": plan.text,
                "settings": settings.document(),
                "plan": plan.to_json(),
                "run": plan.run,
                "sources": list(plan.sources),
                "models": list(plan.models),
                "desired": "running",
                "expected_version": expected_version,
            },
        )
        return Applied(answer["version"], answer["run"], answer["changed"])

    def remove(self, workflow: str, keep_data: bool) -> None:
        """One PATCH; what is left to do is the supervisor's.

        Errors: AmmlError, the broker is down, and nothing was changed.
        """
        check_broker(bootstrap_of(self.home, os.environ))
        wanted = {"desired": "removed", "keep_data": keep_data}
        self.control.patch(f"/workflows/{workflow}", wanted)

    def status(self, workflow: str) -> Mapping[str, Any] | None:
        """The workflow's document, with what the supervisor reported last."""
        return self.control.find(f"/workflows/{workflow}")

    def logs(self, workflow: str, label: str, lines: int) -> list[str]:
        """The ends of the step's log files, slot by slot."""
        folder = self.home / "workflows" / workflow / "logs"
        return [each.text for each in read_logs(folder, label, lines, follow=False)]
