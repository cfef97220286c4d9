"""What a plan changes: `+` new, `~` changed, `=` as it was, `-` gone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from amml_deploy.planner.arguments import is_assignments, written
from amml_runtime.spec import Plan, Stage, StepSpec
from amml_runtime.state_kind import state_kind

Sign: TypeAlias = Literal["+", "~", "=", "-"]


@dataclass(frozen=True)
class Change:
    """One step or topic, and what happens to it."""

    sign: Sign
    name: str
    details: tuple[str, ...] = ()
    state_dropped: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "change": self.sign,
            "name": self.name,
            "details": list(self.details),
            "state_dropped": self.state_dropped,
        }


def same_step(old: StepSpec, new: StepSpec) -> bool:
    """Whether a step need not be restarted: same name, identity, links and options."""
    return _outline(old) == _outline(new)


def same_plan(old: Plan, new: Plan) -> bool:
    """Whether nothing is to be done, whatever the text looks like."""
    steps = zip(old.steps, new.steps, strict=False)
    alike = len(old.steps) == len(new.steps) and all(same_step(*pair) for pair in steps)
    return alike and (old.topics, old.models) == (new.topics, new.models)


def shape_change(old: Plan, new: Plan) -> str | None:
    """What changed beside arguments and options, in words; None if nothing did."""
    before, after = _links(old), _links(new)
    for label in after:
        if label not in before:
            return f"the step `{label}` is new"
    for label in before:
        if label not in after:
            return f"the step `{label}` is gone"
        if before[label] != after[label]:
            return f"the step `{label}` is linked to others"
    if old.steps[0].partitions != new.steps[0].partitions:
        return f"it has {old.steps[0].partitions} partitions, not {new.steps[0].partitions}"
    return None


def changed_table(old: Plan, new: Plan) -> str | None:
    """The first step whose table is another one now: it has read the old one, and reads it once."""
    before = {step.label: step.identity for step in old.steps}
    after = {step.label: step.identity for step in new.steps}
    for step in new.steps:
        for each in step.inputs:
            known = before.get(each.label) if each.kind == "table" else None
            if known is not None and known != after[each.label]:
                return step.label
    return None


def step_changes(old: Plan | None, new: Plan) -> list[Change]:
    """What happens to each step, in the order of the flow; those gone at the end."""
    before = {step.label: step for step in old.steps} if old else {}
    same_run = old is not None and old.run == new.run
    found = [_step_change(before.get(step.label), step, same_run) for step in new.steps]
    kept = {step.label for step in new.steps}
    return found + [Change("-", label) for label in before if label not in kept]


def topic_changes(old: Plan | None, new: Plan) -> list[Change]:
    """The topics to make, and those there already."""
    before = {topic.name for topic in old.topics} if old else set[str]()
    return [
        Change("=" if t.name in before else "+", t.name, (f"{t.partitions} partitions",))
        if t.partitions > 1
        else Change("=" if t.name in before else "+", t.name)
        for t in new.topics
    ]


def _step_change(old: StepSpec | None, new: StepSpec, same_run: bool) -> Change:
    if old is None:
        return Change("+", new.label, tuple(_described(new)))
    if same_step(replace(old, run=new.run), new) or (not same_run and _alike(old, new)):
        return Change("=", new.label)
    kept = state_kind(old) == state_kind(new)
    details = list(_differences(old, new))
    if same_run:
        details.append("state kept" if kept else "state dropped")
    return Change("~", new.label, tuple(details), state_dropped=same_run and not kept)


def _alike(old: StepSpec, new: StepSpec) -> bool:
    """Whether two runs have the same step: their topics' names differ anyway."""
    return _without_names(old) == _without_names(new)


def _without_names(step: StepSpec) -> tuple[Any, ...]:
    stages = [(stage.identity, stage.options) for stage in step.stages]
    return stages, step.slots, step.partitions


def _described(step: StepSpec) -> Iterator[str]:
    for stage in step.stages:
        for name, value in stage.arguments.items():
            # assignments are written without their parameter's name, as in the text
            told = written(value) if is_assignments(value) else f"{name} = {written(value)}"
            yield f"{stage.label}: {told}" if step.fused else told
    if step.slots > 1:
        yield f"{step.slots} processes"


def _differences(old: StepSpec, new: StepSpec) -> Iterator[str]:
    before = {stage.label: stage for stage in old.stages}
    after = {stage.label for stage in new.stages}
    yield from (f"`{label}` is gone" for label in before if label not in after)
    for stage in new.stages:
        told = _of_stage(before.get(stage.label), stage)
        yield from (f"{stage.label}: {each}" if new.fused else each for each in told)
    if old.slots != new.slots:
        yield f"processes: {old.slots} -> {new.slots}"


def _of_stage(old: Stage | None, new: Stage) -> Iterator[str]:
    if old is None:
        yield "new"
        return
    if old.component != new.component:
        yield f"{old.component.split(':')[1]} -> {new.component.split(':')[1]}"
    else:
        yield from _changed(old.arguments, new.arguments)
    yield from _changed(old.options, new.options)
    for name, title in _TITLES.items():
        if old.resources.get(name) != new.resources.get(name):
            yield f"{title} changed"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        before, after = (
            written(each[name]) if name in each else "its default" for each in (old, new)
        )
        if before != after:
            yield f"{name}: {before} -> {after}"


def _outline(step: StepSpec) -> StepSpec:
    """The step without what its identity stands for: places in the text, resolved documents."""
    fused = tuple(replace(stage, arguments={}, resources={}) for stage in step.fused)
    return replace(step, arguments={}, resources={}, fused=fused)


def _links(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """Whom each step reads and where it writes, topics of others aside."""
    return {
        step.label: (
            [(each.label, each.kind) for each in step.inputs if not each.foreign],
            step.output is None,
        )
        for step in plan.steps
    }


_TITLES = {
    "entry": "the source's entry",
    "definition": "the model's definition",
    "model": "the model's run",
    "params": "the parameters",
    "until": "the hold-out's cut",
    "until_rows": "the hold-out's cut",
}
