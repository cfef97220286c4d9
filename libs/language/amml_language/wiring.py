"""Flows and groups to steps and links; `split` and plain `join` vanish into the links.

A walk through the text carries along where rows come from: nowhere yet (None), or the steps
whose rows arrive. What a group leaves open waits for its `join`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from amml_language.bound import BoundLink
from amml_language.diagnostics import Diagnostic
from amml_language.signature import Role, Signature
from amml_language.tree import Component, Flow, Group, Span, Stage, Workflow

SPLIT, JOIN = "split", "join"
LOOKUP = "lookup"  # what `join table=...` is


@dataclass
class Wiring:
    """The steps of a workflow in the order of the text, and the links along its flows."""

    steps: list[Component] = field(default_factory=list[Component])
    links: list[BoundLink] = field(default_factory=list[BoundLink])


def wire(
    workflow: Workflow,
    signatures: Mapping[str, Signature],
    fragment: bool,
    problems: list[Diagnostic],
) -> Wiring:
    """Find the steps and link them, checking where splits, joins, sources and egresses stand."""
    walk = _Walk(signatures, fragment, problems)
    for flow in workflow.flows:
        ends = walk.flow(flow, None)
        if ends and not fragment:
            walk.report("E119", "the flow has no end", _name_span(flow.stages[-1]), "add `| print`")
    return walk.wiring


def is_wiring(component: Component) -> bool:
    """Whether a stage is a word of the language, and no step."""
    return component.name == SPLIT or (component.name == JOIN and not component.arguments)


@dataclass
class _Place:
    """What has been read of a flow."""

    inputs: list[int] | None  # the steps whose rows arrive; None: nothing is before
    split: Component | None = None  # waits for its group
    group: Group | None = None  # waits for its join
    open: list[list[int]] = field(default_factory=list[list[int]])  # the group's open flows
    ended: Component | None = None  # an egress


class _Walk:
    def __init__(
        self, signatures: Mapping[str, Signature], fragment: bool, problems: list[Diagnostic]
    ) -> None:
        self.wiring = Wiring()
        self._signatures = signatures
        self._fragment = fragment
        self._problems = problems

    def report(self, code: str, message: str, span: Span, help: str = "") -> None:
        self._problems.append(Diagnostic(code, message, span, help))

    def flow(self, flow: Flow, inputs: list[int] | None) -> list[int] | None:
        """Wire a flow; the steps it leaves open, or None where egresses end it."""
        place = _Place(inputs)
        for stage in flow.stages:
            if isinstance(stage, Group):
                self._before(place, stage.span)
                self._group(place, stage)
            elif stage.name == SPLIT:
                self._before(place, stage.name_span)
                self._split(place, stage)
            elif stage.name == JOIN and _looks_up(stage):
                self._before(place, stage.name_span)
                self._step(place, replace(stage, name=LOOKUP))
            elif stage.name == JOIN and not self._is_tried(place, stage):
                self._join(place, stage)
            else:
                self._before(place, stage.name_span)
                self._step(place, stage)
        return self._end(place)

    def _before(self, place: _Place, span: Span) -> None:
        """What must be settled before any stage but a `join`."""
        if place.ended:
            name = place.ended.name
            help = f"to go on beside it: `| split | ( {name} ; ... )`"
            self.report("E118", f"`{name}` ends its flow", place.ended.name_span, help)
            place.ended, place.inputs = None, []
        if place.group and place.open:
            self.report("E115", "`join` is missing after the group", span, "write `join |` before")
            place.inputs = _flat(place.open)
        elif place.group:
            message = "every flow of the group before it has ended"
            self.report("E118", message, span, "leave a flow open, and `join` after the group")
            place.inputs = []
        place.group = None

    def _split(self, place: _Place, split: Component) -> None:
        self._check_word(split)
        if place.split:
            self.report("E116", "`split` stands twice", split.name_span, "leave one out")
        elif place.inputs is None and not self._fragment:
            help = "begin the flow with a source, or leave `split` out"
            self.report("E116", "`split` has nothing to split", split.name_span, help)
        place.split = split

    def _group(self, place: _Place, group: Group) -> None:
        if place.inputs is not None and not place.split:
            message = "`split` is missing before the group"
            self.report(
                "E115", message, Span(group.span.start, group.span.start + 1), "write `split | (`"
            )
        place.split, place.group = None, group
        results = [self.flow(flow, place.inputs) for flow in group.flows]
        place.open = [ends for ends in results if ends is not None]

    def _is_tried(self, place: _Place, join: Component) -> bool:
        """Whether a fragment shows the step alone, without the flows that it joins."""
        return self._fragment and place.inputs is None and not is_wiring(join) and not place.group

    def _join(self, place: _Place, join: Component) -> None:
        if is_wiring(join):
            self._check_word(join)
        if place.group is None:
            self._before(place, join.name_span)
            help = "write `( ... ; ... ) | join`"
            self.report("E116", "`join` stands after a group", join.name_span, help)
            place.inputs = place.inputs or []
        elif not place.open:
            help = "leave `join` out, or a flow open"
            self.report("E116", "no flow of the group is open", join.name_span, help)
            place.inputs = []
        else:
            place.inputs = _flat(place.open)
            self._check_single_ends(place, join)
        place.group = None
        if not is_wiring(join):
            self._step(place, join)

    def _check_single_ends(self, place: _Place, join: Component) -> None:
        # Its columns are prefixed by the label of each flow's last step, so there must be one.
        if not is_wiring(join) and any(len(ends) > 1 for ends in place.open):
            message = "a flow into `join` with arguments must end in one step"
            help = "put a step after the plain `join` within the group"
            self.report("E116", message, join.name_span, help)

    def _step(self, place: _Place, component: Component) -> None:
        self._check_split(place)
        signature = self._signatures.get(component.name)
        if signature:
            self._check_role(place, component, signature.role)
        number = len(self.wiring.steps)
        self.wiring.steps.append(component)
        self.wiring.links.extend(
            BoundLink(source, number, "main", component.name_span) for source in place.inputs or []
        )
        place.inputs = [number] if signature else []
        place.ended = component if signature and signature.role is Role.EGRESS else None

    def _check_role(self, place: _Place, component: Component, role: Role) -> None:
        name, span = component.name, component.name_span
        if role is Role.INGRESS and place.inputs is not None:
            help = f"merge two flows: `( ... ; {name} ... ) | join`"
            self.report("E117", f"`{name}` brings data in, so it begins a flow", span, help)
        if role is not Role.INGRESS and place.inputs is None and not self._fragment:
            help = 'begin the flow with a source: `source id="..." |`'
            self.report("E119", f"`{name}` has no input", span, help)

    def _check_split(self, place: _Place) -> None:
        if place.split:
            help = "write `split | ( ... ; ... )`"
            self.report("E116", "`split` stands before a group", place.split.name_span, help)
            place.split = None

    def _check_word(self, component: Component) -> None:
        if component.label and component.label_span:
            message = f"`{component.name}` is no step, so it has no label"
            self.report("E114", message, component.label_span, "leave the label out")
        if component.arguments:
            span = component.arguments[0].span
            self.report("E204", f"`{component.name}` takes no arguments", span)

    def _end(self, place: _Place) -> list[int] | None:
        if place.split:
            self._check_split(place)
            return []
        if place.group is None:
            return None if place.ended else place.inputs or []
        if place.open and not self._fragment:
            span = Span(place.group.span.end - 1, place.group.span.end)
            help = "write `) | join`, or end each flow, as with `print`"
            self.report("E115", "`join` is missing after the group", span, help)
            return []
        return _flat(place.open) if place.open else None


def _looks_up(join: Component) -> bool:
    """Whether a `join` takes columns from a table, and so stands after one flow."""
    return any(argument.name == "table" for argument in join.arguments)


def _flat(flows: list[list[int]]) -> list[int]:
    return [end for ends in flows for end in ends]


def _name_span(stage: Stage) -> Span:
    return stage.name_span if isinstance(stage, Component) else stage.span
