"""`drop`: all columns but some."""

import pytest

from amml_runtime.errors import WorkflowFault
from amml_runtime.testing import run


def test_the_others_keep_their_order() -> None:
    assert list(run("drop y, x", x=[1], a=[1], y=[2], b=[3])) == ["a", "b"]


@pytest.mark.parametrize("name", ["z", "_key"])
def test_what_cannot_be_dropped_is_a_fault(name: str) -> None:
    with pytest.raises(WorkflowFault, match=f"no column `{name}`"):
        run(f"drop {name}", x=[1])
