"""A workflow whose words have their meaning: steps with checked arguments, and their links."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from amml_language.signature import Parameter, Signature
from amml_language.tree import Component, Constant, Expression, Span


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by its name: `secret("name")`. Its value never enters a text or a plan."""

    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A step by its label, in this workflow (`workflow` is None) or in another."""

    label: str
    workflow: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback script, not compiled yet."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Assignments:
    """New columns and the scripts that compute them, each of which sees those before it."""

    made: tuple[tuple[str, Callback], ...]


Columns: TypeAlias = tuple[str, ...]
Value: TypeAlias = Constant | Columns | Secret
BoundValue: TypeAlias = Value | Reference | Callback | Assignments


@dataclass(frozen=True, slots=True)
class BoundArgument:
    """A parameter with the value that the text gives it."""

    parameter: Parameter
    value: BoundValue
    span: Span


@dataclass(frozen=True, slots=True)
class BoundStep:
    """A component in its place: every one is a process of its own."""

    component: Component
    signature: Signature
    label: str
    arguments: tuple[BoundArgument, ...]


@dataclass(frozen=True, slots=True)
class BoundLink:
    """Rows go from a step to a step: along the flow, or as the events of a parameter.

    `source` is a step's number, or a step of another workflow.
    """

    source: int | Reference
    target: int
    kind: Literal["main", "event"]
    span: Span
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class BoundWorkflow:
    """Steps in the order of the text; links into a step in the order of its flows."""

    steps: tuple[BoundStep, ...]
    links: tuple[BoundLink, ...]
    text: str
