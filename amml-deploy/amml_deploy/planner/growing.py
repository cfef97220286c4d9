"""Which named topics may get more partitions while a workflow reads them.

Where a topic grows, its keys move. That harms nobody who keeps nothing by key; a step that does
would go on counting a key in another partition, from nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from amml_runtime.registry import load
from amml_runtime.spec import InputSpec, StepSpec


def let_grow(steps: Sequence[StepSpec]) -> list[StepSpec]:
    """The steps, marked in them the named topics that may grow."""
    return [
        replace(step, inputs=tuple(_marked(e, step, steps) for e in step.inputs)) for step in steps
    ]


def keeper(step: StepSpec, steps: Sequence[StepSpec]) -> StepSpec | None:
    """The nearest step, from this one on, that keeps state for the keys of its partition.

    Beyond a step that re-keys the partitions are our own, and do not change.
    """
    waiting = [step]
    for each in waiting:
        if not load(each.component).stateless:
            return each
        if each.output is not None and not each.output.rekeyed:
            topic = each.output.topic
            waiting += [
                s for s in steps if topic in (i.topic for i in s.inputs) and s not in waiting
            ]
    return None


def _marked(input: InputSpec, step: StepSpec, steps: Sequence[StepSpec]) -> InputSpec:
    named = input.foreign and input.format != "arrow"
    return replace(input, grows=True) if named and keeper(step, steps) is None else input
