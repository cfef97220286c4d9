"""The compose backend where there is no Docker."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.backends.compose import Compose
from amml_deploy.backends.docker import Docker
from amml_deploy.backends.programs import ProgramError
from amml_deploy.control import Control
from amml_deploy.planner.settings import Settings
from amml_runtime.spec import Plan

Known: TypeAlias = Callable[[Plan], Control]


def test_without_docker_nothing_is_recorded_and_status_says_why(
    known: Known, planned: Any, tmp_path: Path
) -> None:
    plan = planned('topic name="co2.raw" | filter co2 > 0 | alert')
    compose = Compose(known(plan), {"AMML_HOME": str(tmp_path)}, Docker("no-such-program"))
    with pytest.raises(ProgramError, match="--target compose needs Docker"):
        compose.apply(plan, Settings("hot"), None)
    status = compose.status("hot")
    assert status is not None
    assert "no-such-program" in status["status"]["message"]
