"""What the backends' tests share: a control API that is nowhere."""

from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_runtime.spec import Plan


class Known(Control):
    """A control API that knows one workflow."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("http://127.0.0.1:1", "t" * 32)
        wanted = {"name": plan.workflow, "version": 1, "run": 1, "desired": "running"}
        self._known = {**wanted, "keep_data": False, "plan": plan.to_json(), "status": None}

    def find(self, path: str, **query: Any) -> Any:
        """The document of that workflow."""
        return self._known


@pytest.fixture
def known() -> Callable[[Plan], Control]:
    """A control API that knows the workflow of a plan, and cannot be written to."""
    return Known
