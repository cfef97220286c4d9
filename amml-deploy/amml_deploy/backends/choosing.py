"""Which backend a workflow has: its target is one of its settings."""

from collections.abc import Mapping
from typing import Any

from amml_deploy.backends import Backend
from amml_deploy.backends.local import Local
from amml_deploy.control import Control, workflow_of


def backend(target: str, control: Control, environ: Mapping[str, str]) -> Backend:
    """The backend of a target.

    Parameters:
        environ: where each backend finds what it needs beside the control API.
    """
    match target:
        case "compose":
            from amml_deploy.backends.compose import Compose

            return Compose(control, environ)
        case "kubernetes":
            from amml_deploy.backends.kubernetes import Kubernetes

            return Kubernetes(control, environ)
        case _:
            return Local(control, environ)


def backend_of(control: Control, name: str, environ: Mapping[str, str]) -> Backend:
    """The backend on which a workflow was deployed.

    Errors: UserError, there is no such workflow.
    """
    return backend(target_of(workflow_of(control, name)), control, environ)


def looked_at(
    control: Control, workflow: Mapping[str, Any], environ: Mapping[str, str]
) -> Mapping[str, Any]:
    """A workflow's document as the control API has it, with how it is at this moment."""
    if target_of(workflow) == "local":
        return workflow  # the supervisor reports by itself
    return backend(target_of(workflow), control, environ).status(workflow["name"]) or workflow


def target_of(workflow: Mapping[str, Any]) -> str:
    """Where a workflow runs, from its document in the control API."""
    return str(workflow["target"])
