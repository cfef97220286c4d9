"""`amml components`: the words of the language that are installed here."""

import inspect
from typing import Any, cast

import click

from amml_deploy.errors import UserError
from amml_deploy.output import output_option, show, table
from amml_deploy.planner.faults import suggestion
from amml_language.printer import show_constant
from amml_language.signature import Parameter, Signature
from amml_language.tree import Constant, Duration
from amml_runtime.registry import component, signatures

# Words of the language that are no component: they only say how flows are joined.
_WIRING = {
    "split": "Give every row to each flow of the group that follows.",
    "join": "Merge the flows of the group before it, row by row.",
}


@click.command("components")
@click.argument("name", required=False)
@output_option
def command(name: str | None, output: str) -> None:
    """List the components, or explain the one named NAME.

    \b
    amml components
    amml components minmax_scaler
    """
    known = signatures()
    if name is None:
        every = [known[word] for word in sorted(known, key=lambda w: (known[w].role.value, w))]
        show(output, [_document(each) for each in every], lambda: _listing(every))
    elif name in _WIRING:
        document = {"name": name, "role": "wiring", "help": _WIRING[name]}
        show(output, document, lambda: f"{name} (wiring)\n\n{_WIRING[name]}")
    elif name not in known:
        raise UserError(f"no component `{name[:80]}`; {suggestion(name, known)}")
    else:
        document = _document(known[name]) | {"docstring": _docstring(name)}
        show(output, document, lambda: _explained(known[name], _docstring(name)))


def _listing(every: list[Signature]) -> str:
    rows = [[each.name, each.role.value, each.help] for each in every]
    rows += [[word, "wiring", help] for word, help in _WIRING.items()]
    return table(["NAME", "ROLE", "WHAT IT DOES"], rows)


def _explained(signature: Signature, docstring: str) -> str:
    headers = ["PARAMETER", "KIND", "DEFAULT"]
    rows = [[each.name, _kind(each), _default(each)] for each in signature.parameters]
    title = f"{signature.name} ({signature.role.value})"
    return "\n\n".join([title, docstring, *([table(headers, rows)] if rows else [])])


def _document(signature: Signature) -> dict[str, Any]:
    return {
        "name": signature.name,
        "role": signature.role.value,
        "help": signature.help,
        "parameters": [
            {
                "name": each.name,
                "kind": _kind(each),
                "required": each.required,
                "default": None if each.required else _plain(each.default),
                "help": each.help,
            }
            for each in signature.parameters
        ],
    }


def _docstring(word: str) -> str:
    return inspect.getdoc(component(word)) or ""


def _kind(parameter: Parameter) -> str:
    """The kind, or of a value its type."""
    if parameter.kind.value != "value":
        return parameter.kind.value
    return "value" if parameter.value_type is None else parameter.value_type.__name__.lower()


def _default(parameter: Parameter) -> str:
    """As the language writes it."""
    if isinstance(parameter.default, tuple):
        return ", ".join(parameter.default)
    if parameter.required:
        return "(required)"
    return show_constant(cast(Constant, parameter.default))


def _plain(value: Any) -> Any:
    """A default as JSON has it; a duration as the language writes it."""
    return show_constant(value) if isinstance(value, Duration) else value
