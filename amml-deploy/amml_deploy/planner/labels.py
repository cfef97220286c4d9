"""Which step of the new text is which of the old: labels name data, so they must not wander."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from amml_deploy.errors import UserError
from amml_deploy.names import RESERVED
from amml_deploy.planner.identity import meaning
from amml_deploy.planner.wiring import Node
from amml_runtime.spec import Stage, StepSpec

Unplaced: TypeAlias = dict[str, Stage]  # steps of the old plan without a successor so far


def align(nodes: Sequence[Node], old: Iterable[StepSpec]) -> list[Node]:
    """The nodes with their final labels: old steps keep theirs, new ones get the next free.

    A label in the text decides; without one, the first old step of the same component and
    arguments is this one, or else the first of the same component.
    """
    stages = (stage for step in old if step.mode != "fit" for stage in step.stages)
    unplaced = {stage.label: stage for stage in stages}
    labels: dict[int, str] = {n.number: n.label for n in nodes if n.labelled}
    for label in labels.values():
        unplaced.pop(label, None)
    for same in (_same_arguments, _same_component):
        for node in nodes:
            if node.number not in labels and (found := _first(node, unplaced, same)):
                labels[node.number] = found
                del unplaced[found]
    for node in nodes:
        if node.number not in labels:
            labels[node.number] = _free(node.word, set(labels.values()))
    return [replace(node, label=_checked(labels[node.number])) for node in nodes]


def _first(node: Node, unplaced: Unplaced, same: Callable[[Node, Stage], bool]) -> str | None:
    return next((label for label, step in unplaced.items() if same(node, step)), None)


def _same_component(node: Node, step: Stage) -> bool:
    return step.component == node.reference


def _same_arguments(node: Node, step: Stage) -> bool:
    alike = meaning(step.arguments) == meaning(node.arguments)
    return alike and _same_component(node, step)


def _free(word: str, taken: set[str]) -> str:
    """The word itself, or the word with the next number from 2 on."""
    taken = taken | RESERVED["label"]
    candidates = (word if n == 1 else f"{word}_{n}" for n in range(1, len(taken) + 2))
    return next(label for label in candidates if label not in taken)


def _checked(label: str) -> str:
    if len(label) > 40:
        raise UserError(f"the label `{label}` is longer than 40 characters: give the step another")
    return label
