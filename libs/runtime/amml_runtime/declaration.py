"""One declaration read in two ways: fields as a signature, arguments as an instance."""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from amml_language.script import Script
from amml_language.signature import REQUIRED, Kind, Parameter, Signature
from amml_language.tree import Duration
from amml_runtime.component import (
    AbstractComponent,
    Assignment,
    Assignments,
    Column,
    Columns,
    Secret,
    Step,
)

_KINDS: dict[Any, Kind] = {
    Script: Kind.SCRIPT,
    Column: Kind.COLUMN,
    Columns: Kind.COLUMNS,
    Assignments: Kind.ASSIGNMENTS,
    Step: Kind.STEP,
    Secret: Kind.SECRET,
}


def word_of(component: type[AbstractComponent]) -> str:
    """A component's word in the language: its file's name, which is its class's in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", component.__name__).lower()


def signature_of(component: type[AbstractComponent]) -> Signature:
    """What the language needs to know of a component, from its fields and docstring."""
    hints = typing.get_type_hints(component)
    help_of = parameter_help(component.__doc__ or "")
    parameters = tuple(
        _parameter(field, hints[field.name], help_of.get(_parameter_name(field.name), ""))
        for field in dataclasses.fields(component)  # type: ignore[arg-type]
        if "need" not in field.metadata
    )
    sentence = (component.__doc__ or "").strip().partition("\n")[0]
    return Signature(word_of(component), component.role, parameters, sentence)


def needs_of(component: type[AbstractComponent]) -> dict[str, str]:
    """The doors to the world it is handed: field name -> what it needs."""
    fields = dataclasses.fields(component)  # type: ignore[arg-type]
    return {field.name: field.metadata["need"] for field in fields if "need" in field.metadata}


def construct(
    component: type[AbstractComponent],
    arguments: Mapping[str, Any],
    doors: Mapping[str, Any] | None = None,
) -> Any:
    """An instance from arguments in JSON form, with the doors it needs.

    Raises whatever the component's `__post_init__` raises: `ValueError` with a sentence.
    """
    hints = typing.get_type_hints(component)
    field_of = {_parameter_name(name): name for name in hints}
    values = {field_of[name]: value for name, value in arguments.items()}
    parsed = {name: _parsed(hints[name], value) for name, value in values.items()}
    handed = {name: (doors or {})[need] for name, need in needs_of(component).items()}
    return component(**parsed, **handed)


def parameter_help(docstring: str) -> dict[str, str]:
    """The paragraph of each parameter under `Parameters:` in a docstring.

    >>> parameter_help('''Smooth.
    ...
    ...     Parameters:
    ...         of: the column x,
    ...             a number.
    ...         alpha: the weight.
    ...     Adds: a column.
    ...     ''')
    {'of': 'the column x, a number.', 'alpha': 'the weight.'}
    """
    found: dict[str, str] = {}
    section = re.search(r"^( *)Parameters:\n(.*?)(?=^\1\S|\Z)", docstring, re.M | re.S)
    if section is None:
        return found
    indent = len(section[1]) + 4
    for entry in re.split(rf"^ {{{indent}}}(?=\S)", section[2], flags=re.M)[1:]:
        names, _, text = entry.partition(":")
        found.update({name.strip(): " ".join(text.split()) for name in names.split(",")})
    return found


def _parameter_name(field: str) -> str:
    """`from` is Python's word and `fit` a hook's name: their fields are `from_` and `fit_`."""
    return field.rstrip("_")


def _parameter(field: "dataclasses.Field[Any]", hint: Any, help: str) -> Parameter:
    inner, nullable = _without_none(hint)
    kind = _KINDS.get(inner, Kind.VALUE)
    value_type = inner if kind is Kind.VALUE and isinstance(inner, type) else None
    default = REQUIRED if field.default is dataclasses.MISSING else field.default
    return Parameter(_parameter_name(field.name), kind, value_type, default, nullable, help)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """`X | None` as X and True."""
    if not isinstance(hint, types.UnionType) and typing.get_origin(hint) is not typing.Union:
        return hint, False
    rest = [each for each in typing.get_args(hint) if each is not type(None)]
    nullable = len(rest) < len(typing.get_args(hint))
    return (rest[0] if len(rest) == 1 else None), nullable


def _parsed(hint: Any, value: Any) -> Any:
    """An argument from its JSON form, after the type of its field."""
    inner, _ = _without_none(hint)
    if value is None:
        return None
    if inner is Script:
        return Script.from_json(value)
    if inner is Secret:
        return Secret(value["secret"])
    if inner == Columns:
        return tuple(value)
    if inner == Assignments:
        return tuple(Assignment(name, Script.from_json(script)) for name, script in value)
    if inner is Duration:
        return Duration(value["duration_us"])
    return float(value) if inner is float else value
