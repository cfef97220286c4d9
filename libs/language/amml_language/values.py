"""One argument's expression to the value its parameter takes, by the parameter's kind."""

import re
from collections.abc import Callable, Iterator

from amml_language.bound import BoundValue, Callback, Columns, Reference, Secret
from amml_language.diagnostics import Diagnostic, LanguageError
from amml_language.parser import parse_expression
from amml_language.printer import show_column, show_constant
from amml_language.script import fold
from amml_language.signature import Kind, Parameter
from amml_language.tree import (
    Binary,
    Call,
    Comparison,
    Constant,
    Duration,
    Expression,
    ListOf,
    Name,
    Scalar,
    Span,
    Unary,
    children,
)

LABEL = "[a-z][a-z0-9_]{0,39}"
_STEP = re.compile(rf"([a-z][a-z0-9_-]{{0,39}})\.({LABEL})")
_TYPES: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "`true` or `false`",
    Duration: "a duration",
}
_FOUND: dict[type, str] = {**_TYPES, float: "one with decimals", bool: "a truth value"}


class Refused(Exception):
    """The expression is no value of the parameter; `diagnostics` say why."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = diagnostics
        super().__init__(diagnostics)


def bind_value(parameter: Parameter, expression: Expression, text: str) -> BoundValue:
    """Check an expression against a parameter and turn it into the parameter's value.

    Errors: Refused.
    """
    return _BINDERS[parameter.kind](parameter, expression, text)


def refuse(code: str, message: str, span: Span, help: str = "") -> Refused:
    """A refusal with one diagnostic."""
    return Refused(Diagnostic(code, message, span, help))


def _constant(parameter: Parameter, expression: Expression, text: str) -> Constant:
    if isinstance(expression, Name):
        help = _about_name(parameter, expression.name)
        raise refuse("E206", f"`{expression.name}` is not a constant", expression.span, help)
    if isinstance(expression, Call) and expression.function == "secret":
        raise refuse("E208", f"`{parameter.name}` takes no secret", expression.span)
    for column in _names(expression):
        message = f"`{parameter.name}` takes a constant, and `{column.name}` is a column"
        raise refuse("E206", message, column.span)
    if isinstance(expression, ListOf):
        raise refuse("E205", f"`{parameter.name}` takes one value, not a list", expression.span)
    return _typed(parameter, _folded(expression, text), expression, text)


def _folded(expression: Expression, text: str) -> Constant:
    try:
        return fold(expression, text)
    except LanguageError as error:
        raise Refused(*error.diagnostics) from error


def _about_name(parameter: Parameter, name: str) -> str:
    if parameter.value_type in (str, None):
        return f'quote it: `{parameter.name}="{name}"`'
    return f"`{parameter.name}` takes {_TYPES[parameter.value_type]}"


def _typed(parameter: Parameter, value: Constant, expression: Expression, text: str) -> Constant:
    wanted = parameter.value_type
    if value is None:
        if parameter.nullable:
            return None
        raise refuse("E205", f"`{parameter.name}` cannot be null", expression.span)
    if wanted is None or type(value) is wanted:
        return value
    if wanted is float and type(value) is int:
        return float(value)
    message = f"`{parameter.name}` takes {_TYPES[wanted]}, not {_FOUND[type(value)]}"
    source = text[expression.span.start : expression.span.end]
    raise refuse("E205", message, expression.span, _conversion(wanted, value, source))


def _conversion(wanted: type, value: Constant, source: str) -> str:
    if wanted is str:
        return f'quote it: `"{source}"`'
    if isinstance(value, str):
        return f"write `{value}`, without quotes" if _is_literal(wanted, value) else ""
    if wanted is Duration and type(value) is int:
        return f"add a unit: `{source}s`"
    if wanted is int and isinstance(value, float) and value.is_integer():
        return f"write `{int(value)}`"
    return ""


def _is_literal(wanted: type, written: str) -> bool:
    try:
        found = parse_expression(written)
    except LanguageError:
        return False
    return isinstance(found, Scalar) and type(found.value) in (wanted, int)


def _names(expression: Expression) -> Iterator[Name]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            yield node
        waiting.extend(reversed(children(node)))


def _script(parameter: Parameter, expression: Expression, _text: str) -> Callback:
    if isinstance(expression, Scalar) and isinstance(expression.value, str):
        try:
            quoted = parse_expression(expression.value)
        except LanguageError:
            return Callback(expression)
        if isinstance(quoted, Comparison | Binary | Unary):
            help = f"write `{parameter.name}={expression.value}`"
            raise refuse("E215", "a script stands without quotes", expression.span, help)
    return Callback(expression)


def _column(parameter: Parameter, expression: Expression, _text: str) -> str:
    if isinstance(expression, ListOf):
        raise refuse("E207", f"`{parameter.name}` takes one column", expression.span)
    return _column_name(expression)


def _columns(parameter: Parameter, expression: Expression, _text: str) -> Columns:
    items = expression.items if isinstance(expression, ListOf) else (expression,)
    if not items:
        raise refuse("E207", f"`{parameter.name}` names no column", expression.span)
    return tuple(map(_column_name, items))


def _column_name(expression: Expression) -> str:
    match expression:
        case Name(name):
            return name
        case Call("col", (Scalar(str(name)),)) if name:
            return name
        case Scalar(str(name)):
            help = f"write `{show_column(name)}`"
            raise refuse("E207", "a column is not quoted", expression.span, help)
        case _:
            help = 'write bare names, or `col("PM2.5")`'
            raise refuse("E207", "a column's name is due here", expression.span, help)


def _step(parameter: Parameter, expression: Expression, _text: str) -> Reference:
    match expression:
        case Name(label):
            return Reference(label)
        case Scalar(str(written)):
            if found := _STEP.fullmatch(written):
                return Reference(found[2], workflow=found[1])
            here = re.fullmatch(LABEL, written)
            help = f"a step of this workflow: `{parameter.name}={written}`" if here else ""
            message = f'{show_constant(written)} is not written as "workflow.label"'
            raise refuse("E209", message, expression.span, help)
        case _:
            help = 'write a label, or `"workflow.label"`'
            raise refuse("E209", f"`{parameter.name}` takes a step", expression.span, help)


def _secret(parameter: Parameter, expression: Expression, _text: str) -> Secret:
    match expression:
        case Call("secret", (Scalar(str(name)),)) if name:
            return Secret(name)
        case _:
            help = 'write `secret("name")`; `amml` never shows or stores its value'
            raise refuse("E208", f"`{parameter.name}` takes a secret", expression.span, help)


_BINDERS: dict[Kind, Callable[[Parameter, Expression, str], BoundValue]] = {
    Kind.VALUE: _constant,
    Kind.SCRIPT: _script,
    Kind.COLUMN: _column,
    Kind.COLUMNS: _columns,
    Kind.STEP: _step,
    Kind.SECRET: _secret,
}
