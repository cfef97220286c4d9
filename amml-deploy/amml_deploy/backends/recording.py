"""What every backend has to say to the control API, which knows all workflows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from amml_deploy.backends import Applied
from amml_deploy.control import Control
from amml_deploy.planner.settings import Settings
from amml_runtime.spec import Plan


def record(
    control: Control, plan: Plan, settings: Settings, expected_version: int | None
) -> Applied:
    """Make a plan the workflow's newest version, in one PUT; the same again is none.

    Errors: ControlError, somebody else deployed since the plan was made.
    """
    answer = control.put(
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


def forget(control: Control, workflow: str, keep_data: bool) -> None:
    """Say that a workflow is wanted no more, and that nothing of it is left; its history stays."""
    wanted = {"desired": "removed", "keep_data": keep_data}
    control.patch(f"/workflows/{workflow}", wanted)
    control.delete(f"/workflows/{workflow}")


def reported(
    control: Control, workflow: Mapping[str, Any], report: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A workflow's document with a report that was made just now, which the control API keeps."""
    control.put(f"/workflows/{workflow['name']}/status", report)
    return {**workflow, "status": report, "reported_at": datetime.now(UTC).isoformat()}
