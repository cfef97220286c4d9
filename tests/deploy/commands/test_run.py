"""`amml run`: what has ended runs again; what has not is left in peace."""

from collections.abc import Callable
from typing import Any

import pytest

QUICK = "normalsource rows=5 | print"
SLOW = "normalsource rows=100000, rate=10 | print"


@pytest.mark.platform
def test_a_run_that_has_not_ended_is_not_thrown_away(
    on_platform: Callable[..., Any], own: str
) -> None:
    assert on_platform("deploy", own, SLOW).code == 0
    ran = on_platform("run", own)
    on_platform("undeploy", own, "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert f"run 1 of `{own}` has not ended" in ran.err and "--fresh" in ran.err


@pytest.mark.platform
def test_what_has_ended_runs_again_once(on_platform: Callable[..., Any], own: str) -> None:
    """A second `run` at once used to see the end of the run before, and to stop the new one."""
    assert on_platform("deploy", own, QUICK, "--wait").code == 0
    first, second = on_platform("run", own, "--output", "json"), on_platform("run", own)
    on_platform("undeploy", own, "--yes")
    assert (first.code, first.document["run"]) == (0, 2)
    assert second.code == 1 and "run 2" in second.err
