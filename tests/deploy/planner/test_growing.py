"""A topic that gets more partitions: shared out where nobody keeps state by key, else refused."""

from typing import Any

import pytest

from amml_deploy.errors import UserError
from amml_deploy.planner.diff import same_plan
from amml_runtime.spec import InputSpec, Plan

GROWN = {"topics": {"co2.raw": 3}}


def read(plan: Plan) -> InputSpec:
    return plan.steps[0].inputs[0]


@pytest.mark.parametrize(
    ("flow", "grows"),
    [
        ("filter a > 1 | eval b = a | print", True),
        ("filter a > 1 | mean_std | print", False),
        ("split | (print ; mean_std | print)", False),
        ("mean_std | print", False),
        ("key by=b | mean_std | print", True),
    ],
)
def test_a_topic_may_grow_where_no_step_keeps_state_by_its_partitions(
    planned: Any, flow: str, grows: bool
) -> None:
    assert read(planned(f'topic name="co2.raw" | {flow}')).grows == grows


def test_a_tap_does_not_grow(planned: Any) -> None:
    assert not read(planned('tap of="ett-train.minmax_scaler" | print')).grows


def test_a_running_workflow_shares_out_the_partitions_of_a_topic_that_has_grown(
    planned: Any,
) -> None:
    text = 'topic name="co2.raw" | filter a > 1 | print'
    before = planned(text)
    assert same_plan(before, planned(text, before=before, catalogue=GROWN))


def test_a_running_workflow_with_state_is_told_why_it_has_to_begin_anew(planned: Any) -> None:
    text = 'topic name="co2.raw" | mean_std | print'
    before = planned(text)
    with pytest.raises(UserError, match="its keys have moved") as refused:
        planned(text, before=before, catalogue=GROWN)
    assert "`--partitions 3` and `--fresh`" in str(refused.value)
    anew = planned(text, before=before, catalogue=GROWN, partitions=3, new_run=True)
    assert (anew.run, read(anew).partitions) == (2, 3)


def test_a_new_workflow_gets_as_many_partitions_as_its_topic(planned: Any) -> None:
    with pytest.raises(UserError, match="deploy it with `--partitions 3`"):
        planned('topic name="co2.raw" | print', catalogue=GROWN)
