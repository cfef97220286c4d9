"""A tree and the signatures to a workflow of steps: names, arguments, labels, references."""

import re
from collections.abc import Mapping, Sequence
from itertools import count

from amml_language.arguments import bind_arguments, nearest
from amml_language.bound import (
    BoundArgument,
    BoundLink,
    BoundStep,
    BoundWorkflow,
    Reference,
)
from amml_language.diagnostics import Diagnostic, raise_all
from amml_language.signature import Role, Signature
from amml_language.tree import Component, Span, Workflow
from amml_language.values import LABEL
from amml_language.wiring import JOIN, SPLIT, wire

RESERVED = frozenset({"dlq", "fit", "state"})
_LONGEST_LABEL = 40
_SUGGESTED = 50  # looking for near names takes time, and the first faults tell enough


def bind(
    workflow: Workflow, signatures: Mapping[str, Signature], fragment: bool = False
) -> BoundWorkflow:
    """Give the words of a tree their meaning.

    Parameters:
        signatures: the components there are, by name.
        fragment: whether flows may lack a source and an egress.
    Errors: LanguageError, with everything that is wrong.
    """
    problems: list[Diagnostic] = []
    bound = resolve(workflow, signatures, fragment, problems)
    raise_all(workflow.text, problems)
    return bound


def resolve(
    workflow: Workflow,
    signatures: Mapping[str, Signature],
    fragment: bool,
    problems: list[Diagnostic],
    is_whole: bool = True,
) -> BoundWorkflow:
    """Bind, adding faults to `problems`.

    A tree that is not whole has holes where stages were at fault: then only what can be told of
    each stage by itself is checked.
    """
    structural = problems if is_whole else []
    wiring = wire(workflow, signatures, fragment, structural)
    _check_names(wiring.steps, signatures, problems)
    labels = _labels(wiring.steps, problems)
    words = {*signatures, SPLIT, JOIN}
    steps: list[BoundStep] = []
    for component, label in zip(wiring.steps, labels, strict=True):
        signature = signatures.get(component.name)
        arguments: tuple[BoundArgument, ...] = ()
        if signature:
            arguments = bind_arguments(component, signature, words, workflow.text, problems)
        unknown = Signature(component.name, Role.PROGRESS)
        steps.append(BoundStep(component, signature or unknown, label, arguments))
    events = _event_links(steps, structural)
    _check_cycles([*wiring.links, *events], problems)
    return BoundWorkflow(tuple(steps), (*wiring.links, *events), workflow.text)


def _check_names(
    steps: Sequence[Component], signatures: Mapping[str, Signature], problems: list[Diagnostic]
) -> None:
    words = sorted({*signatures, SPLIT, JOIN})
    for component in steps:
        if component.name not in signatures:
            help = nearest(component.name, words) if len(problems) < _SUGGESTED else ""
            message = f"unknown component `{component.name}`"
            problems.append(Diagnostic("E103", message, component.name_span, help))


def _labels(steps: Sequence[Component], problems: list[Diagnostic]) -> list[str]:
    """Each step's label: as written, else the component's name, with a number from the second."""
    taken = set(RESERVED)
    for component in steps:
        if component.label is not None:
            span = component.label_span or component.span
            problems.extend(_check_label(component.label, span, taken))
            taken.add(component.label)
    labels: list[str] = []
    for component in steps:
        label = component.label or _free_label(component.name, taken)
        taken.add(label)
        labels.append(label)
    return labels


def _check_label(label: str, span: Span, taken: set[str]) -> list[Diagnostic]:
    if label in RESERVED:
        return [Diagnostic("E114", f"`{label}` is a reserved word", span, "choose another label")]
    if not re.fullmatch(LABEL, label):
        help = "a label has small letters, digits and `_`, at most 40, a letter first"
        return [Diagnostic("E114", f"`{label}` cannot be a label", span, help)]
    if label in taken:
        return [Diagnostic("E113", f"the label `{label}` is given twice", span, "choose another")]
    return []


def _free_label(name: str, taken: set[str]) -> str:
    if name not in taken and len(name) <= _LONGEST_LABEL:
        return name
    return next(label for n in count(2) if (label := _numbered(name, n)) not in taken)


def _numbered(name: str, number: int) -> str:
    suffix = f"_{number}"
    return name[: _LONGEST_LABEL - len(suffix)] + suffix


def _event_links(steps: Sequence[BoundStep], problems: list[Diagnostic]) -> list[BoundLink]:
    numbers = {step.label: number for number, step in enumerate(steps)}
    links: list[BoundLink] = []
    for target, step in enumerate(steps):
        for argument in step.arguments:
            reference = argument.value
            if not isinstance(reference, Reference):
                continue
            if reference.workflow is None and reference.label not in numbers:
                message = f"no step is labelled `{reference.label}`"
                help = nearest(reference.label, numbers) if len(problems) < _SUGGESTED else ""
                problems.append(Diagnostic("E209", message, argument.span, help))
                continue
            source = reference if reference.workflow else numbers[reference.label]
            name = argument.parameter.name
            links.append(BoundLink(source, target, "event", argument.span, name))
    return links


def _check_cycles(links: Sequence[BoundLink], problems: list[Diagnostic]) -> None:
    """Rows go forward in the text, so only an event that goes backward can close a cycle."""
    after: dict[int, list[int]] = {}
    for link in links:
        if isinstance(link.source, int):
            after.setdefault(link.source, []).append(link.target)
    for link in links:
        if isinstance(link.source, int) and link.source >= link.target:
            if _reaches(after, link.target, link.source):
                message = "this step waits for itself: the events come from a step that it feeds"
                problems.append(Diagnostic("E120", message, link.span))


def _reaches(after: Mapping[int, Sequence[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        new = [step for step in after.get(here, ()) if step not in seen]
        seen.update(new)
        waiting.extend(new)
    return False
