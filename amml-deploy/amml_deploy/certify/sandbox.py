"""A plan taken into the sandbox: nothing that it writes, registers or sends is the user's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from amml_deploy.certify import generated, slowly
from amml_runtime.spec import InputSpec, Plan, StepSpec, TopicSpec

PRINT = "amml_egress.print:Print"
_FOR_EVER = {"retention.ms": "-1"}  # recorded messages keep their own times, which may be old


@dataclass(frozen=True)
class Pace:
    """How much of the input is read, and how fast.

    Parameters:
        rows: at the most so many rows of each source.
        rates: of each source, rows a second; one that is missing is read as it comes.
    """

    rows: int
    rates: Mapping[str, float] = field(default_factory=dict[str, float])


def contained(plan: Plan, pace: Pace) -> Plan:
    """A plan whose sources end, and whose effects stay under its own prefix.

    Parameters:
        plan: made with the prefix of the sandbox.
        pace: how its sources are read.
    """
    steps: dict[str, StepSpec] = {}
    for step in plan.steps:
        inside = _with_inner_topics(_with_inner_effects(step, pace, plan), plan.prefix)
        steps[step.label] = replace(inside, bounded=_ends(inside, steps))
    recorded = recorded_inputs(plan)
    topics = [replace(topic, name=_inner(plan.prefix, topic.name)) for topic in plan.topics]
    topics += [TopicSpec(_copy(plan.prefix, t), n, _FOR_EVER) for t, n in recorded.items()]
    bounded = all(step.bounded for step in steps.values())
    return replace(plan, steps=tuple(steps.values()), topics=tuple(topics), bounded=bounded)


def recorded_inputs(plan: Plan) -> dict[str, int]:
    """The topics of others that a plan reads, each with its partitions."""
    inputs = (each for step in plan.steps for each in step.inputs)
    return {each.topic: each.partitions for each in inputs if each.foreign}


def copies(plan: Plan) -> dict[str, str]:
    """For each such topic of the plan before, where its copy is in the sandbox."""
    return {topic: _copy(plan.prefix, topic) for topic in recorded_inputs(plan)}


def trained_models(plan: Plan) -> dict[tuple[str, str], str]:
    """The models and versions that a plan trains, and the sandbox's name for each."""
    trained = (step.resources["model"] for step in plan.steps if step.mode == "train")
    found = dict.fromkeys((str(each["model"]), str(each["version"])) for each in trained)
    return {each: f"{plan.prefix}-{number}" for number, each in enumerate(found)}


def cut_off(plan: Plan) -> list[str]:
    """The steps whose effects outside Kafka are replaced by printing."""
    return [s.label for s in plan.steps if s.mode == "write" and s.component != PRINT]


def _with_inner_effects(step: StepSpec, pace: Pace, plan: Plan) -> StepSpec:
    """Slow sources, no effects outside Kafka but a log, trainings of the sandbox's own models."""
    if step.mode == "read":
        drawn = step.resources.get("entry", {}).get("generated")
        source = generated.REFERENCE if drawn else step.component
        slow = slowly.reference(source, pace.rates.get(step.label), pace.rows)
        return replace(step, component=slow)
    if step.mode == "write" and step.component != PRINT:
        return replace(step, component=PRINT, arguments={}, resources={})
    if step.mode == "train":
        model = step.resources["model"]
        name = trained_models(plan)[model["model"], model["version"]]
        return replace(step, resources={**step.resources, "model": {**model, "model": name}})
    return step


def _with_inner_topics(step: StepSpec, prefix: str) -> StepSpec:
    output = step.output
    if output is not None:
        output = replace(output, topic=_inner(prefix, output.topic))
    return replace(step, output=output, inputs=tuple(_inner_inputs(step, prefix)))


def _inner_inputs(step: StepSpec, prefix: str) -> Iterator[InputSpec]:
    for each in step.inputs:
        if each.foreign:
            yield replace(each, topic=_copy(prefix, each.topic), start="start")
        else:
            yield each


def _ends(step: StepSpec, before: Mapping[str, StepSpec]) -> bool:
    """Whether it comes to an end by itself: copies of topics do not."""
    if step.mode == "read":
        return True
    return all(not each.foreign and before[each.label].bounded for each in step.inputs)


def _inner(prefix: str, topic: str) -> str:
    """A topic of the workflow's own as it is, one of the user's under the sandbox's prefix."""
    return topic if topic.startswith(f"{prefix}.") else f"{prefix}.named.{topic}"


def _copy(prefix: str, topic: str) -> str:
    return f"{prefix}.recorded.{topic}"
