from dataclasses import replace

import pytest

from amml_deploy.edges import split_step, topic_of
from amml_deploy.errors import UserError
from amml_runtime.spec import InputSpec, OutputSpec, Plan, Stage, StepSpec


def step(label: str, reads: str = "", writes: str = "") -> StepSpec:
    inputs = (InputSpec(f"amml.hot.r1.{reads}", reads),) if reads else ()
    output = OutputSpec(f"amml.hot.r1.{writes}") if writes else None
    return StepSpec("amml", "hot", 1, label, "process", "m:C", "id", inputs=inputs, output=output)


def plan(*steps: StepSpec) -> Plan:
    return Plan("amml", "hot", 1, True, "", steps, ())


SOURCE = step("source", writes="source")
LINE = plan(SOURCE, step("filter", "source", "filter"), step("print", "filter"))
FORK = plan(
    SOURCE, step("filter", "source", "filter"), step("print", "filter"), step("p2", "source")
)


def test_a_step_is_looked_at_where_it_writes_and_an_end_where_it_reads() -> None:
    assert topic_of(LINE, "filter") == "amml.hot.r1.filter"
    assert topic_of(LINE, "print") == "amml.hot.r1.filter"


def test_a_workflow_is_looked_at_where_it_ends() -> None:
    assert topic_of(LINE, None) == "amml.hot.r1.filter"


def test_of_several_ends_the_user_chooses() -> None:
    with pytest.raises(UserError, match="several ends; choose one of hot.source, hot.filter"):
        topic_of(FORK, None)


def test_an_unknown_step_gets_its_neighbour() -> None:
    with pytest.raises(UserError, match="no step `filtre`; did you mean `filter`"):
        topic_of(LINE, "filtre")


@pytest.mark.parametrize("name", ["", ".", "a.", "a.b.c", "../x", "Hot", "a.b/c"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        split_step(name)


def test_of_a_step_that_shares_a_process_the_user_is_told_which() -> None:
    fused = replace(step("print", "source"), fused=(Stage("filter", "m:C", "id"),))
    with pytest.raises(UserError, match="runs in the process of `print`"):
        topic_of(plan(SOURCE, fused), "filter")
