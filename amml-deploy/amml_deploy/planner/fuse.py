"""`--fuse`: neighbouring stateless steps in one process, without a topic between them.

The steps of a chain become one specification: it has the name, the output and the options of
the last, the inputs of the first, and the others as its `fused` stages.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from amml_runtime.registry import load
from amml_runtime.spec import StepSpec


def fuse(steps: Sequence[StepSpec]) -> list[StepSpec]:
    """The steps with every chain that may share a process joined, in the order of the flow."""
    readers = Counter(each.topic for step in steps for each in step.inputs)
    made: dict[str, StepSpec] = {}
    for step in steps:
        before = _feeder(step, made)
        if before and readers[before.name] == 1 and _may_join(before, step):
            del made[before.name]
            step = replace(step, inputs=before.inputs, fused=before.stages)
        made[step.name] = step
    return list(made.values())


def savings(fused: Sequence[StepSpec]) -> Iterator[str]:
    """For each chain, in words, what it saves: a process, a topic and a changelog a step."""
    for step in fused:
        if step.fused:
            labels = ", ".join(f"`{stage.label}`" for stage in step.fused)
            processes = _counted(len(step.fused) * step.slots, "process")
            topics = _counted(2 * len(step.fused), "topic")
            yield f"{step.label}: {labels} in the same process; saves {processes} and {topics}"


def _feeder(step: StepSpec, made: dict[str, StepSpec]) -> StepSpec | None:
    """The step whose rows are all that this one reads, if there is one."""
    if len(step.inputs) != 1 or step.inputs[0].kind != "main" or step.inputs[0].foreign:
        return None
    return made.get(step.inputs[0].topic)


def _may_join(before: StepSpec, step: StepSpec) -> bool:
    """Whether every partition of one has all that the same partition of the other needs."""
    if before.mode != "process" or step.mode not in ("process", "write"):
        return False
    if not all(load(each.component).stateless for each in (before, step)):
        return False
    assert before.output is not None
    spread = before.output.rekeyed and before.partitions > 1
    return not spread and (before.partitions, before.slots) == (step.partitions, step.slots)


def _counted(count: int, noun: str) -> str:
    """
    >>> _counted(1, "process"), _counted(2, "process"), _counted(2, "topic")
    ('1 process', '2 processes', '2 topics')
    """
    plural = "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{plural * (count != 1)}"
