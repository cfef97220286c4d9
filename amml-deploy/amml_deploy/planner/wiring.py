"""Workflow bytecode folded into steps: what each is, what it is told, and whom it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from amml_language.bound import Reference
from amml_language.program import (
    Create,
    Instruction,
    Link,
    Program,
    ScriptsByColumn,
    SetArgument,
    SetLabel,
    SetScript,
    write_value,
)
from amml_language.script import Script
from amml_language.tree import Span
from amml_language.wiring import LOOKUP
from amml_runtime.registry import reference

TABLE = "table"  # the parameter that names one


@dataclass(frozen=True)
class Event:
    """A step whose rows come in at the side: by number here, or by workflow and label."""

    parameter: str
    step: int | tuple[str, str]


@dataclass(frozen=True)
class Node:
    """One step of the text.

    Parameters:
        number: its place in the text.
        word, reference: its component, as a word and as `module:Class`.
        label: its name in the workflow; `labelled` if the text gives it.
        arguments: in JSON form.
        inputs: the numbers of the steps it reads; several after a plain `join`.
        events: the steps whose rows are its side inputs.
        span: where its name stands in the text.
    """

    number: int
    word: str
    reference: str
    label: str
    labelled: bool
    span: Span
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[int, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def event_steps(self) -> tuple[int, ...]:
        """The side inputs that come from this workflow."""
        return tuple(event.step for event in self.events if isinstance(event.step, int))

    @property
    def tables(self) -> tuple[int, ...]:
        """The steps that read the tables it needs."""
        return tuple(
            event.step
            for event in self.events
            if event.parameter == TABLE and isinstance(event.step, int)
        )


def fold(program: Program) -> list[Node]:
    """The steps that the instructions build, in the order of the text."""
    nodes: dict[int, Node] = {}
    for instruction in program.instructions:
        node = _applied(instruction, nodes)
        nodes[node.number] = node
    return _with_tables([nodes[number] for number in sorted(nodes)])


def _with_tables(nodes: list[Node]) -> list[Node]:
    """The steps, and for each that looks something up in a table one that reads the table."""
    found: list[Node] = []
    tables: list[Node] = []
    for node in nodes:
        if node.word == LOOKUP:
            number = len(nodes) + len(tables)
            reading = {"id": node.arguments[TABLE]}
            source = reference("source")
            tables.append(Node(number, "source", source, "", False, node.span, reading))
            node = replace(node, events=(*node.events, Event(TABLE, number)))
        found.append(node)
    return found + tables


def _applied(instruction: Instruction, nodes: Mapping[int, Node]) -> Node:
    """The node that an instruction is about, with what it says."""
    match instruction:
        case Create(step, word, span):
            return Node(step, word, reference(word), word, False, span)
        case SetLabel(step, label, written):
            return replace(nodes[step], label=label, labelled=written)
        case SetArgument(step, name, value):
            return _with_argument(nodes[step], name, write_value(value))
        case SetScript(step, name, script):
            return _with_argument(nodes[step], name, _script(script))
        case Link():
            return _linked(nodes[instruction.target_step], instruction, nodes)


def _with_argument(node: Node, name: str, value: Any) -> Node:
    return replace(node, arguments={**node.arguments, name: value})


def _script(script: Script | ScriptsByColumn) -> Any:
    if isinstance(script, Script):
        return script.to_json()
    return [[column, each.to_json()] for column, each in script]


def _linked(node: Node, link: Link, nodes: Mapping[int, Node]) -> Node:
    source = link.source_step
    if link.kind == "main" and isinstance(source, int):
        return replace(node, inputs=(*node.inputs, source))
    parameter = link.parameter or ""
    if isinstance(source, Reference):
        step, written = (source.workflow or "", source.label), f"{source.workflow}.{source.label}"
    else:
        step, written = source, nodes[source].label
    event = Event(parameter, step)
    return replace(_with_argument(node, parameter, written), events=(*node.events, event))
