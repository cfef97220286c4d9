"""A tree to its canonical text: minimal parentheses, one blank around `|` and `;`."""

import re

from amml_language.expressions import LEVELS
from amml_language.tokens import UNITS, WORDS
from amml_language.tree import (
    Argument,
    Binary,
    Call,
    Comparison,
    Component,
    Conditional,
    Constant,
    Duration,
    Expression,
    Flow,
    ListOf,
    Name,
    Scalar,
    Stage,
    Unary,
    Workflow,
)

# How tightly the parts of an expression bind, beyond the binary operators of LEVELS.
_CHOICE, _NOT, _COMPARE, _SIGN, _POWER, _ATOM = 0, 3, 4, 7, 8, 9


def show(workflow: Workflow) -> str:
    """Write a tree as text that parses back to it.

    >>> from amml_language.parser import parse
    >>> from amml_language.tokens import tokenize
    >>> text = "(topic 'a';topic 'b')|join|w:filter (a+(b*2))>1|print"
    >>> show(parse(tokenize(text), text))
    '( topic "a" ; topic "b" ) | join | w: filter a + b * 2 > 1 | print'
    """
    return _flows(workflow.flows)


def show_expression(expression: Expression) -> str:
    """Write an expression with as few parentheses as it needs."""
    return _tight(expression, _CHOICE)


def show_constant(value: Constant) -> str:
    """Write a constant as the language does.

    >>> show_constant(True), show_constant(Duration(5_400_000_000)), show_constant('a"b')
    ('true', '1h30m', '"a\\\\"b"')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Duration):
        return _duration(value.microseconds)
    return _string(value) if isinstance(value, str) else repr(value)


def show_column(name: str) -> str:
    """Write a column's name: bare, or within `col(...)` where it cannot stand bare.

    >>> show_column("OT"), show_column("PM2.5"), show_column("in")
    ('OT', 'col("PM2.5")', 'col("in")')
    """
    is_bare = re.fullmatch(r"[^\W\d]\w*", name) and name not in WORDS
    return name if is_bare else f"col({_string(name)})"


def _flows(flows: tuple[Flow, ...]) -> str:
    return " ; ".join(" | ".join(map(_stage, flow.stages)) for flow in flows)


def _stage(stage: Stage) -> str:
    if not isinstance(stage, Component):
        return f"( {_flows(stage.flows)} )"
    label = f"{stage.label}: " if stage.label else ""
    arguments = ", ".join(map(_argument, stage.arguments))
    return f"{label}{stage.name} {arguments}".rstrip()


def _argument(argument: Argument) -> str:
    name = f"{argument.name}=" if argument.name else ""
    return name + show_expression(argument.value)


def _tight(expression: Expression, at_least: int) -> str:
    """The expression, in parentheses where it binds looser than its place demands."""
    level, text = _text(expression)
    return text if level >= at_least else f"({text})"


def _text(expression: Expression) -> tuple[int, str]:
    match expression:
        case Scalar(value):
            return _ATOM, show_constant(value)
        case Name(name):
            return _ATOM, name
        case ListOf(items):
            return _ATOM, f"[{_listed(items)}]"
        case Call(function, arguments):
            return _ATOM, f"{function}({_listed(arguments)})"
        case Unary("not", operand):
            return _NOT, f"not {_tight(operand, _NOT)}"
        case Unary(operator, operand):
            return _SIGN, operator + _tight(operand, _SIGN)
        case Binary():
            return _binary(expression)
        case Comparison():
            return _COMPARE, _comparison(expression)
        case Conditional(condition, then, otherwise):
            return (
                _CHOICE,
                f"{_tight(then, 1)} if {_tight(condition, 1)} else {_tight(otherwise, 0)}",
            )


def _binary(node: Binary) -> tuple[int, str]:
    if node.operator == "**":  # binds to the right, and tighter than a sign before it
        return _POWER, f"{_tight(node.left, _ATOM)} ** {_tight(node.right, _SIGN)}"
    level = LEVELS[node.operator]
    return level, f"{_tight(node.left, level)} {node.operator} {_tight(node.right, level + 1)}"


def _comparison(node: Comparison) -> str:
    parts = [_tight(operand, _COMPARE + 1) for operand in node.operands]
    rest = zip(node.comparators, parts[1:], strict=True)
    return parts[0] + "".join(f" {comparator} {part}" for comparator, part in rest)


def _listed(items: tuple[Expression, ...]) -> str:
    return ", ".join(map(show_expression, items))


def _duration(microseconds: int) -> str:
    sign, rest = "-" * (microseconds < 0), abs(microseconds)
    parts: list[str] = []
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts) if parts else "0s"


def _string(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in escaped)
    return f'"{"".join(shown)}"'
