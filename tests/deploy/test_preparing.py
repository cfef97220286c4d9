"""What a deploy leaves open stays as it was deployed last."""

import json
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.errors import UserError
from amml_deploy.preparing import Choices, Prepared, prepare

LIVE = "normalsource | filter value > 1 | print"


class Known(Control):
    """A control API that knows one workflow, or none."""

    def __init__(self, workflow: Prepared | None) -> None:
        super().__init__("http://127.0.0.1:1", "token")
        self._workflow = workflow

    def find(self, path: str, **query: Any) -> Any:
        """The workflow's document, as the API would give it."""
        if self._workflow is None or not path.startswith("/workflows/") or "/versions" in path:
            return None
        plan, settings = self._workflow.plan, self._workflow.settings.document()
        told = {"name": "live", "text": plan.text, "plan": plan.to_json(), "settings": settings}
        return json.loads(json.dumps({**told, "run": 1, "version": 4, "desired": "running"}))


def test_a_repeated_deploy_is_unchanged_and_names_its_version() -> None:
    first = prepare(Known(None), "live", LIVE, Choices())
    again = prepare(Known(first), "live", LIVE, Choices())
    assert (first.unchanged, first.expected_version) == (False, None)
    assert (again.unchanged, again.expected_version) == (True, 4)


def test_options_that_are_not_given_stay() -> None:
    first = prepare(Known(None), "live", LIVE, Choices(2, options={"filter": {"count": 2}}))
    again = prepare(Known(first), "live", LIVE, Choices(options={"filter": {"on_error": "stop"}}))
    assert again.settings.partitions == 2
    assert again.settings.options == {"filter": {"count": 2, "on_error": "stop"}}


@pytest.mark.parametrize("wrong", [Choices(partitions=0), Choices(retention_ms=0)])
def test_a_zero_is_refused_and_not_taken_for_nothing_said(wrong: Choices) -> None:
    with pytest.raises(UserError, match=r"(partitions|retention): expected"):
        prepare(Known(None), "live", LIVE, wrong)


def test_a_step_that_is_gone_takes_its_options_along() -> None:
    first = prepare(Known(None), "live", LIVE, Choices(options={"filter": {"on_error": "stop"}}))
    again = prepare(
        Known(first), "live", "normalsource | select value | print", Choices(new_run=True)
    )
    assert again.settings.options == {}


def test_a_workflow_stays_where_it_runs_until_it_is_undeployed() -> None:
    first = prepare(Known(None), "live", LIVE, Choices(target="compose"))
    assert prepare(Known(first), "live", LIVE, Choices()).settings.target == "compose"
    with pytest.raises(UserError, match="`live` runs on compose, not on local: undeploy it first"):
        prepare(Known(first), "live", LIVE, Choices(target="local"))
