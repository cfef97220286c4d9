from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hot", "other"], "goes with `alerts` only"),
        (["alerts", "../x"], "a workflow name matches"),
        (["Hot"], "a workflow name matches"),
        (["hot.Filter"], "a label name matches"),
        (["hot", "-n", "-1"], "-1 is not in the range"),
    ],
)
def test_a_wrong_name_is_refused(amml: Callable[..., Any], words: list[str], message: str) -> None:
    ran = amml("tail", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.platform
def test_an_unknown_workflow_is_refused(on_platform: Callable[..., Any], own: str) -> None:
    ran = on_platform("tail", own, "--no-follow")
    assert ran.code == 2 and f"workflow `{own}` does not exist" in ran.err


@pytest.mark.platform
def test_the_last_rows_of_any_step_are_shown(on_platform: Callable[..., Any], own: str) -> None:
    text = 'normalsource rows=50 | eval text = "a\\x1b[2J" | print'
    deployed = on_platform("deploy", own, text, "--wait")
    assert deployed.code == 0, deployed.err
    last = on_platform("tail", own, "-n", "3", "--no-follow")
    assert len(last.out.splitlines()) == 3 and "text=a\\x1b[2J" in last.out
    of_source = on_platform("tail", f"{own}.normalsource", "-n", "99", "--no-follow")
    assert len(of_source.out.splitlines()) == 50 and "text=" not in of_source.out
    unknown = on_platform("tail", f"{own}.evil", "--no-follow")
    assert unknown.code == 2 and "did you mean `eval`?" in unknown.err
    on_platform("undeploy", own, "--yes")
