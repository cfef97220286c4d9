from collections.abc import Callable
from typing import Any

import pytest


def test_a_wrong_name_is_refused(amml: Callable[..., Any]) -> None:
    ran = amml("status", "Hot")
    assert ran.code == 2 and "a workflow name matches" in ran.err


@pytest.mark.platform
def test_an_unknown_workflow_is_refused(on_platform: Callable[..., Any], own: str) -> None:
    ran = on_platform("status", own)
    assert ran.code == 2 and f"workflow `{own}` does not exist" in ran.err
