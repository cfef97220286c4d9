"""The compose backend where there is no Docker."""

from pathlib import Path
from typing import Any

import pytest

from amml_deploy.backends.compose import Compose
from amml_deploy.backends.docker import Docker
from amml_deploy.backends.programs import ProgramError
from amml_deploy.control import Control
from amml_deploy.planner.settings import Settings
from amml_runtime.spec import Plan


class Known(Control):
    """A control API that knows one workflow."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("http://127.0.0.1:1", "t" * 32)
        wanted = {"name": plan.workflow, "version": 1, "run": 1, "desired": "running"}
        self._known = {**wanted, "keep_data": False, "plan": plan.to_json(), "status": None}

    def find(self, path: str, **query: Any) -> Any:
        return self._known


def test_without_docker_nothing_is_recorded_and_status_says_why(
    planned: Any, tmp_path: Path
) -> None:
    plan = planned('topic name="co2.raw" | filter co2 > 0 | alert')
    compose = Compose(Known(plan), {"AMML_HOME": str(tmp_path)}, Docker("no-such-program"))
    with pytest.raises(ProgramError, match="--target compose needs Docker"):
        compose.apply(plan, Settings("hot"), None)
    status = compose.status("hot")
    assert status is not None
    assert "no-such-program" in status["status"]["message"]
