"""The tree a parsed workflow becomes: plain data, every node with its place in the text."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range `[start, end)` of characters a node was written in."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in whole microseconds, as `1h30m` is written."""

    microseconds: int


Constant: TypeAlias = int | float | str | bool | Duration | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A constant written out: a number, string, boolean, duration or `null`."""

    value: Constant
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name: a column, or a label where the parameter is a step."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b, c]`."""

    items: tuple["Expression", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    operator: Literal["-", "+", "not"]
    operand: "Expression"
    span: Span


BinaryOperator: TypeAlias = Literal["+", "-", "*", "/", "//", "%", "**", "and", "or"]
Comparator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and the operator between them."""

    operator: BinaryOperator
    left: "Expression"
    right: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain as Python's: `a < b <= c` has two comparators and three operands."""

    operands: tuple["Expression", ...]
    comparators: tuple[Comparator, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a built-in: `clip(x, 0, 1)`; `col("PM2.5")` and `secret("name")` too."""

    function: str
    arguments: tuple["Expression", ...]
    span: Span
    function_span: Span


Expression: TypeAlias = "Scalar | Name | ListOf | Unary | Binary | Comparison | Conditional | Call"


@dataclass(frozen=True, slots=True)
class Argument:
    """`name = value`, or a bare value, whose name is None."""

    name: str | None
    value: Expression
    span: Span
    name_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One stage: a component's name with its arguments, and its label if it has one."""

    name: str
    arguments: tuple[Argument, ...]
    span: Span
    name_span: Span
    label: str | None = None
    label_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """`( flow ; flow )`: flows that stand side by side."""

    flows: tuple["Flow", ...]
    span: Span


Stage: TypeAlias = Component | Group


@dataclass(frozen=True, slots=True)
class Flow:
    """Stages joined by `|`."""

    stages: tuple[Stage, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Workflow:
    """The whole text: flows joined by `;`."""

    flows: tuple[Flow, ...]
    text: str


def children(expression: Expression) -> "tuple[Expression, ...]":
    """The expressions directly inside one, in the order of the text.

    A walk with a list of its own, instead of recursion, is safe at any depth.
    """
    match expression:
        case Scalar() | Name():
            return ()
        case ListOf():
            return expression.items
        case Unary():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Comparison():
            return expression.operands
        case Conditional():
            return (expression.then, expression.condition, expression.otherwise)
        case Call():
            return expression.arguments
