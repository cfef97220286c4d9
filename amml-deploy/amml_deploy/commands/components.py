"""`amml components`: the words of the language that are installed here."""

from dataclasses import asdict
from textwrap import fill
from typing import Any

import click

from amml_deploy.errors import UserError
from amml_deploy.output import output_option, show, table
from amml_deploy.planner.faults import suggestion
from amml_deploy.reference import Reference, default_of, kind_of, reference
from amml_language.printer import show_constant
from amml_language.signature import Signature
from amml_language.tree import Duration
from amml_runtime.registry import signatures

WIDTH = 100

# Words of the language that are no component: they only say how flows hang together.
_WIRING = {"split": "Give every row to each flow of the group that follows."}


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
        found = reference(name)
        document = _document(known[name]) | _rest(found)
        show(output, document, lambda: _explained(found))


def _listing(every: list[Signature]) -> str:
    rows = [[each.name, each.role.value, each.help] for each in every]
    rows += [[word, "wiring", help] for word, help in _WIRING.items()]
    return table(["NAME", "ROLE", "WHAT IT DOES"], rows)


def _explained(found: Reference) -> str:
    signature = found.signature
    parts = [f"{signature.name} ({signature.role.value})", signature.help, found.text]
    parts += [_parameters(signature)]
    parts += [_filled(f"{title}: {text}") for title, text in found.sections.items()]
    parts += [f">>> {each.source}\n{each.output}" for each in found.examples]
    return "\n\n".join(part for part in parts if part)


def _parameters(signature: Signature) -> str:
    """Each parameter in a line, and what it is below."""
    if not signature.parameters:
        return ""
    rows = [[each.name, kind_of(each), default_of(each)] for each in signature.parameters]
    head, *lines = table(["PARAMETER", "KIND", "DEFAULT"], rows).splitlines()
    helps = (_filled(f"    {each.help}") for each in signature.parameters)
    return "\n".join([head, *(f"{line}\n{help}" for line, help in zip(lines, helps, strict=True))])


def _filled(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _document(signature: Signature) -> dict[str, Any]:
    return {
        "name": signature.name,
        "role": signature.role.value,
        "help": signature.help,
        "parameters": [
            {
                "name": each.name,
                "kind": kind_of(each),
                "required": each.required,
                "default": None if each.required else _plain(each.default),
                "help": each.help,
            }
            for each in signature.parameters
        ],
    }


def _rest(found: Reference) -> dict[str, Any]:
    """What the docstring says beside the parameters."""
    return {
        "text": found.text,
        "sections": found.sections,
        "examples": [asdict(each) for each in found.examples],
    }


def _plain(value: Any) -> Any:
    """A default as JSON has it; a duration as the language writes it."""
    return show_constant(value) if isinstance(value, Duration) else value
