"""The topics behind the names a user gives: `alerts`, a workflow, or one of its steps."""

from collections.abc import Sequence

from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.planner.faults import suggestion
from amml_runtime.spec import Plan, StepSpec

ALERTS = "amml.alerts"


def split_step(reference: str) -> tuple[str, str | None]:
    """`ett-train.filter` as workflow and label; a workflow alone has None.

    Errors: UserError.

    >>> split_step("ett-train.filter"), split_step("hot")
    (('ett-train', 'filter'), ('hot', None))
    """
    workflow, dot, label = reference.partition(".")
    return check("workflow", workflow), check("label", label) if dot else None


def topic_of(plan: Plan, label: str | None) -> str:
    """The topic that a step writes, or, where it writes outside Kafka, the one it reads.

    Without a label: that of the end of the workflow, if it has but one.

    Errors: UserError, there is no such step, or the workflow has several ends.
    """
    if label is None:
        return _end(plan)
    for step in plan.steps:
        if step.label == label:
            return _edges_of(step)[0]
        if label in [stage.label for stage in step.fused]:
            raise UserError(
                f"`{label}` runs in the process of `{step.label}` (--fuse), with no topic between: "
                f"tail `{plan.workflow}.{step.label}`"
            )
    known = [step.label for step in plan.steps]
    raise UserError(f"`{plan.workflow}` has no step `{label}`; {suggestion(label, known)}")


def _end(plan: Plan) -> str:
    read = {each.topic for step in plan.steps for each in step.inputs}
    ends = [step for step in plan.steps if step.output is None or step.output.topic not in read]
    topics = dict.fromkeys(topic for step in ends for topic in _edges_of(step))
    if len(topics) == 1:
        return next(iter(topics))
    names = ", ".join(f"{plan.workflow}.{step.label}" for step in plan.steps)
    raise UserError(f"`{plan.workflow}` has several ends; choose one of {names}")


def _edges_of(step: StepSpec) -> Sequence[str]:
    if step.output is not None:
        return [step.output.topic]
    return [each.topic for each in step.inputs if each.kind == "main"]
