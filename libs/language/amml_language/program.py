"""The workflow bytecode: five instructions that the planner folds over.

    create    a step is a process of this component
    label     the name the step goes by
    argument  a parameter has this value
    script    a parameter has this callback script, or these assignments
    link      rows go from a step to a step

Steps are numbered from 0 in the order of the text. `split` and plain `join` are not among them.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from amml_language.bound import Reference, Secret, Value
from amml_language.script import Script
from amml_language.tree import Duration, Span

ScriptsByColumn: TypeAlias = tuple[tuple[str, Script], ...]


@dataclass(frozen=True, slots=True)
class Create:
    """A step comes to be."""

    step: int
    component: str
    span: Span


@dataclass(frozen=True, slots=True)
class SetLabel:
    """A step gets its label; `written` is false where it only follows from the component.

    An update may keep an older label for a step whose label nobody wrote.
    """

    step: int
    label: str
    written: bool
    span: Span


@dataclass(frozen=True, slots=True)
class SetArgument:
    """A parameter gets its value: a constant, column names, or a secret by name."""

    step: int
    name: str
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class SetScript:
    """A parameter gets its script, or the scripts of its new columns, to run in this order."""

    step: int
    name: str
    script: Script | ScriptsByColumn
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    """Rows go from a step to a step, along the flow or as the events of a parameter.

    `source_step` is a number, or for events a `Reference` to a step of another workflow. The
    main links into a step stand in the order of its flows.
    """

    source_step: int | Reference
    target_step: int
    kind: Literal["main", "event"]
    span: Span
    parameter: str | None = None


Instruction: TypeAlias = Create | SetLabel | SetArgument | SetScript | Link


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled workflow, and the text that it was compiled from."""

    instructions: tuple[Instruction, ...]
    text: str

    def to_json(self) -> dict[str, Any]:
        """The program as plain JSON data."""
        return {"text": self.text, "instructions": [_write(each) for each in self.instructions]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Program":
        """The program that `to_json` wrote."""
        return cls(tuple(_read(each) for each in data["instructions"]), data["text"])


def write_value(value: Value) -> Any:
    """A value as JSON data.

    >>> write_value(Duration(500_000)), write_value(Secret("db")), write_value(("a", "b"))
    ({'duration_us': 500000}, {'secret': 'db'}, ['a', 'b'])
    """
    match value:
        case Duration(microseconds):
            return {"duration_us": microseconds}
        case Secret(name):
            return {"secret": name}
        case tuple():
            return list(value)
        case _:
            return value


def read_value(data: Any) -> Value:
    """The value that `write_value` wrote."""
    match data:
        case {"duration_us": int(microseconds)}:
            return Duration(microseconds)
        case {"secret": str(name)}:
            return Secret(name)
        case list():
            return tuple(cast(list[str], data))
        case _:
            return data


def _write(instruction: Instruction) -> dict[str, Any]:
    span = [instruction.span.start, instruction.span.end]
    match instruction:
        case Create(step, component):
            return {"op": "create", "step": step, "component": component, "span": span}
        case SetLabel(step, label, written):
            return {"op": "label", "step": step, "label": label, "written": written, "span": span}
        case SetArgument(step, name, value):
            written_value = write_value(value)
            return {
                "op": "argument",
                "step": step,
                "name": name,
                "value": written_value,
                "span": span,
            }
        case SetScript(step, name, script):
            return {
                "op": "script",
                "step": step,
                "name": name,
                **_write_script(script),
                "span": span,
            }
        case Link():
            return {"op": "link", **_write_link(instruction), "span": span}


def _write_script(script: Script | ScriptsByColumn) -> dict[str, Any]:
    if isinstance(script, Script):
        return {"script": script.to_json()}
    return {"assignments": [[column, each.to_json()] for column, each in script]}


def _write_link(link: Link) -> dict[str, Any]:
    source = link.source_step
    elsewhere = isinstance(source, Reference)
    return {
        "source": f"{source.workflow}.{source.label}" if elsewhere else source,
        "target": link.target_step,
        "kind": link.kind,
        "parameter": link.parameter,
    }


def _read(data: dict[str, Any]) -> Instruction:
    span = Span(*data["span"])
    match data["op"]:
        case "create":
            return Create(data["step"], data["component"], span)
        case "label":
            return SetLabel(data["step"], data["label"], data["written"], span)
        case "argument":
            return SetArgument(data["step"], data["name"], read_value(data["value"]), span)
        case "script":
            return SetScript(data["step"], data["name"], _read_script(data), span)
        case "link":
            source = _read_source(data["source"])
            return Link(source, data["target"], data["kind"], span, data["parameter"])
        case other:
            raise ValueError(f"no instruction is called {other!r}")


def _read_script(data: dict[str, Any]) -> Script | ScriptsByColumn:
    if "script" in data:
        return Script.from_json(data["script"])
    return tuple((column, Script.from_json(each)) for column, each in data["assignments"])


def _read_source(source: int | str) -> int | Reference:
    if isinstance(source, int):
        return source
    workflow, _, label = source.partition(".")
    return Reference(label, workflow)
