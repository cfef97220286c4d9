"""Nothing that leaves the sandbox, and nothing in it that never ends but a topic."""

from collections.abc import Callable

from amml_deploy.certify.sandbox import Pace, contained, copies, cut_off
from amml_runtime.spec import Plan

Planned = Callable[..., Plan]


def written(plan: Plan) -> set[str]:
    return {step.output.topic for step in plan.steps if step.output}


def test_every_topic_lies_under_the_prefix(in_sandbox: Planned) -> None:
    text = 'topic name="co2.raw" | split | ( to_topic name="co2.clean" ; alert )'
    plan = contained(in_sandbox(text, topics={"co2.raw": 1}), Pace(100))
    read = {each.topic for step in plan.steps for each in step.inputs}
    made = {topic.name for topic in plan.topics}
    assert all(name.startswith(f"{plan.prefix}.") for name in written(plan) | read | made)
    assert written(plan) | read <= made


def test_a_topic_of_others_is_read_from_the_start_of_its_copy(in_sandbox: Planned) -> None:
    own = in_sandbox('topic name="co2.raw" | print', topics={"co2.raw": 1})
    plan = contained(own, Pace(100))
    [read] = plan.steps[0].inputs
    assert (read.topic, read.start) == (copies(own)["co2.raw"], "start")
    assert not plan.bounded


def test_a_source_without_an_end_gets_one(in_sandbox: Planned) -> None:
    own = in_sandbox("normalsource | eval a = value | print")
    plan = contained(own, Pace(100, {"normalsource": 20.0}))
    assert not own.bounded and plan.bounded and all(step.bounded for step in plan.steps)
    assert plan.steps[0].component.endswith(":20/100/amml_ingress.normalsource:Normalsource")


def test_printing_is_the_only_effect_outside_that_is_left_alone(in_sandbox: Planned) -> None:
    own = in_sandbox("normalsource rows=9 | print")
    assert cut_off(own) == []
    other = Plan.from_json({**own.to_json(), "steps": [*_with_other_egress(own)]})
    assert cut_off(other) == ["print"]
    assert contained(other, Pace(9)).steps[-1].component == own.steps[-1].component


def _with_other_egress(plan: Plan) -> list[object]:
    first, last = plan.to_json()["steps"]
    return [first, {**last, "component": "amml_own.mail:Mail"}]
