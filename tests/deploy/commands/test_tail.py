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
