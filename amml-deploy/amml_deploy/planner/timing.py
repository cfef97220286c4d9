"""Which steps say how far in event time they have come: those that an aligned step waits for.

A `filter` that lets nothing through would otherwise hold up a `join` after it. A step that keeps
rows back, which has a `finish` or a `tick`, cannot say it: rows older than its input are still to
come. Its own rows tell how far it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from amml_runtime.component import AbstractProgress
from amml_runtime.registry import load
from amml_runtime.spec import StepSpec


def let_tell_time(steps: Sequence[StepSpec]) -> list[StepSpec]:
    """The steps, from the sources on, with those marked that are waited for."""
    awaited = {each.topic for step in steps if load(step.component).aligned for each in step.inputs}
    found: list[StepSpec] = []
    for step in reversed(steps):
        if step.output is not None and step.output.topic in awaited and _is_prompt(step):
            step = replace(step, output=replace(step.output, timed=True))
            awaited |= {each.topic for each in step.inputs if each.kind == "main"}
        found.append(step)
    told = {step.output.topic for step in found if step.output is not None and step.output.timed}
    return [_waiting_for(step, told) for step in reversed(found)]


def _waiting_for(step: StepSpec, told: Collection[str]) -> StepSpec:
    """The step, told which of its inputs have marks."""
    inputs = (replace(each, timed=each.topic in told) for each in step.inputs)
    return replace(step, inputs=tuple(inputs))


def _is_prompt(step: StepSpec) -> bool:
    """Whether rows leave with those they are made from."""
    kinds = [load(stage.component) for stage in step.stages]
    own = step.output is not None and step.output.format == "arrow" and step.mode != "fit"
    return own and all(
        getattr(kind, hook) is getattr(AbstractProgress, hook)
        for kind in kinds
        for hook in ("finish", "tick")
    )
