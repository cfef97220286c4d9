"""`--fuse` changes how many processes and topics there are, and no row."""

from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.preparing import Choices

pytestmark = pytest.mark.platform

Names = Any  # what the fixtures of conftest.py give, which tests do not import
Flow = Any
Flows = Callable[..., Flow]
PLACES = ["after_begin:1", "after_produce:1", "before_commit:1", "after_commit:1"]


def text_of(names: Names) -> str:
    chain = (
        "filter OT > 0 | eval half = OT / 2 | filter half > 0.2 | minmax_inverse | select OT, half"
    )
    return f'source id="{names.source}" | minmax_scaler | {chain} | mean_std of=half | print'


@pytest.mark.long
def test_a_fused_workflow_gives_the_same_rows(names: Names, flows: Flows) -> None:
    text = text_of(names)
    apart, fused = flows(text), flows(text, Choices(fuse=True))
    labels = [step.label for step in fused.plan.steps]
    assert labels == ["source", "minmax_scaler.fit", "select", "mean_std", "print"]
    assert len(apart.plan.topics) - len(fused.plan.topics) == 10
    assert fused.run(select=PLACES) == {"select": len(PLACES)}
    apart.run()
    assert fused.rows() == apart.rows()
    assert len(fused.rows()) > 1000
