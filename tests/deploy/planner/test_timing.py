"""Steps that an aligned one waits for say how far they are; the others do not."""

from dataclasses import replace
from typing import Any

import pytest

from amml_deploy.errors import UserError
from amml_runtime.spec import Plan

TWO = "( a: normalsource ; b: normalsource every=10s | filter value > 1 ) | join within=1m | print"
FIG_7 = (
    'source id="ett" | split | ( watch: surveillance cond = OT > 30 | alert ; '
    "snapshot on=watch | print )"
)


def timed(plan: Plan) -> set[str]:
    return {step.label for step in plan.steps if step.output and step.output.timed}


def kinds(plan: Plan, label: str) -> list[tuple[str, str]]:
    [step] = [step for step in plan.steps if step.label == label]
    return [(each.label, each.kind) for each in step.inputs]


def test_all_steps_before_a_join_tell_their_time_and_none_after_it(planned: Any) -> None:
    plan = planned(TWO)
    assert timed(plan) == {"a", "b", "filter"}
    assert kinds(plan, "join") == [("a", "main"), ("filter", "side")]


def test_a_fused_chain_tells_its_time_at_its_end(planned: Any) -> None:
    text = TWO.replace("value > 1", "value > 1 | filter value > 2")
    assert timed(planned(text, fuse=True)) == {"a", "b", "filter_2"}


def test_a_snapshot_reads_its_rows_and_the_events(planned: Any) -> None:
    plan = planned(FIG_7)
    assert timed(plan) == {"source", "watch"}
    assert kinds(plan, "snapshot") == [("source", "main"), ("watch", "event")]


def test_a_plain_workflow_pays_nothing(planned: Any) -> None:
    assert timed(planned('source id="ett" | filter OT > 3 | print')) == set()


def test_a_step_that_keeps_rows_back_does_not_tell_its_time(planned: Any) -> None:
    text = TWO.replace("filter value > 1", "window size=1m, of=value")
    assert timed(planned(text)) == {"a"}


def test_the_columns_of_a_join_are_known_to_the_steps_after_it(planned: Any) -> None:
    planned(TWO.replace("| print", "| eval d = value - filter_value | print"))
    with pytest.raises(UserError, match="no column `other_value`"):
        planned(TWO.replace("| print", "| eval d = other_value | print"))


def test_the_columns_of_a_snapshot_are_known(planned: Any) -> None:
    with pytest.raises(UserError, match="no column `x`"):
        planned(FIG_7.replace("| print", "| eval d = x | print"))


def test_a_table_is_read_by_a_step_of_its_own(planned: Any) -> None:
    plan = planned('normalsource rows=9 | eval OT = value | join table="ett", by=OT | print')
    assert kinds(plan, "lookup") == [("eval", "main"), ("source", "table")]
    assert "lookup" not in timed(plan)


def test_a_table_has_to_end(planned: Any) -> None:
    with pytest.raises(UserError, match="a table has to end"):
        planned('normalsource | join table="live" | print')


def test_a_running_workflow_is_told_that_its_table_has_changed(planned: Any) -> None:
    text = 'normalsource | eval OT = value | join table="ett", by=OT | print'
    before = planned(text)
    planned(text, before=before)
    steps = (
        replace(s, identity="old" if s.label == "source" else s.identity) for s in before.steps
    )
    with pytest.raises(UserError, match="the table that `lookup` looks rows up in has changed"):
        planned(text, before=replace(before, steps=tuple(steps)))
