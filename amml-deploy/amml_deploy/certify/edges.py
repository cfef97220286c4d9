"""Which topics of a workflow are compared, and how strictly: what its order leaves open is not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum

from amml_runtime.registry import load
from amml_runtime.spec import Plan, StepSpec

TRAINING_RTOL = 1e-5  # of losses: the threads of a network may add up in another order


class Level(IntEnum):
    """How much of an edge follows from the input, and so has to be the same in every round."""

    ORDERED = 0  # its rows, and for each key their order
    ROWS = 1  # its rows; their order depends on which flow was faster
    COUNTED = 2  # a row for each row read, and the columns that are only passed on
    OPEN = 3  # nothing: what it says depends on which flow was faster


@dataclass(frozen=True)
class Edge:
    """A topic that steps write.

    Parameters:
        name: the label of the step, or of several with commas between them.
        topic: without the prefix of the sandbox, so that it is the same in every round.
        level: how strictly it is compared.
        rtol: how far numbers may differ, as the components before it declare.
        before: the edges it is made from, by their names.
        mode: of the step.
    """

    name: str
    topic: str
    level: Level
    rtol: float = 0.0
    before: tuple[str, ...] = ()
    mode: str = "process"


def edges_of(plan: Plan, keeps_state: Collection[str], rows: Mapping[str, int]) -> list[Edge]:
    """The edges of a plan, from the sources on.

    Parameters:
        plan: any round's.
        keeps_state: the steps whose component remembers something.
        rows: how many each step wrote when nothing disturbed it.
    """
    levels, rtols = levels_of(plan, keeps_state, rows), _rtols(plan)
    writers: dict[str, list[StepSpec]] = {}
    for step in plan.steps:
        if step.output is not None:
            writers.setdefault(step.output.topic, []).append(step)
    return [
        Edge(
            name=", ".join(step.label for step in steps),
            topic=topic.removeprefix(f"{plan.prefix}."),
            level=max(_shared(steps), *(levels[step.label] for step in steps)),
            rtol=max(rtols[step.label] for step in steps),
            before=tuple(e.label for s in steps for e in s.inputs if e.kind == "main"),
            mode=steps[0].mode,
        )
        for topic, steps in writers.items()
    ]


def levels_of(
    plan: Plan, keeps_state: Collection[str], rows: Mapping[str, int]
) -> dict[str, Level]:
    """The level of each step's output."""
    found: dict[str, Level] = {}
    for step in plan.steps:
        found[step.label] = _level(step, found, step.label in keeps_state, rows)
    return found


def _level(
    step: StepSpec, before: Mapping[str, Level], keeps_state: bool, rows: Mapping[str, int]
) -> Level:
    level = max((before.get(e.label, Level.ORDERED) for e in step.inputs), default=Level.ORDERED)
    if _merges(step):
        level = max(level, Level.ROWS)
    # Nothing remembered, nothing counted off: then the order of the rows cannot matter.
    order_matters = keeps_state or "fit_rows" in step.options
    if level < Level.COUNTED and not (level == Level.ROWS and order_matters):
        return level
    return Level.COUNTED if level < Level.OPEN and _row_by_row(step, rows) else Level.OPEN


def _merges(step: StepSpec) -> bool:
    """Whether rows of several writers meet here, in the order in which they happen to come."""
    return sum(each.writers for each in step.inputs if each.kind != "fit") > 1


def _row_by_row(step: StepSpec, rows: Mapping[str, int]) -> bool:
    """Whether it wrote a row for each that it read."""
    read = sum(rows.get(each.label, 0) for each in step.inputs if each.kind == "main")
    return rows.get(step.label, 0) == read


def _shared(steps: list[StepSpec]) -> Level:
    """Where several steps or tasks write what others read, their order is nobody's."""
    output = steps[0].output
    json = output is not None and output.format == "json"
    return Level.ROWS if len(steps) > 1 or (json and steps[0].tasks > 1) else Level.ORDERED


def _rtols(plan: Plan) -> dict[str, float]:
    """The largest tolerance that a step or any before it declares."""
    found: dict[str, float] = {}
    for step in plan.steps:
        own = TRAINING_RTOL if step.mode == "train" else load(step.component).rtol
        found[step.label] = max([own, *(found.get(each.label, 0.0) for each in step.inputs)])
    return found
