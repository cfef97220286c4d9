"""The reference of a component, out of its declaration: what help, docs and tests all read."""

import doctest
import inspect
import re
from dataclasses import dataclass
from typing import cast

from amml_language.printer import show_constant
from amml_language.signature import Parameter, Role, Signature
from amml_language.tree import Constant
from amml_runtime.declaration import signature_of
from amml_runtime.registry import component, signatures

_HEAD = ("| Parameter | Kind | Default | |", "|---|---|---|---|")
_ROLES = {
    Role.INGRESS: "Where rows come in",
    Role.PROGRESS: "What becomes of them",
    Role.EGRESS: "Where a flow ends",
}
_SECTION = re.compile(r"^([A-Z][a-z]+):(?=\s)", re.M)


@dataclass(frozen=True)
class Example:
    """What is typed, and what it gives."""

    source: str
    output: str


@dataclass(frozen=True)
class Reference:
    """What there is to know of a component.

    `text` is what stands between its sentence and its parameters; `sections` the paragraphs after
    them, such as `Adds`, `Errors` and `Source`, by their titles.
    """

    signature: Signature
    text: str
    sections: dict[str, str]
    examples: tuple[Example, ...]


def reference(word: str) -> Reference:
    """The reference of a component by its word.

    >>> found = reference("filter")
    >>> found.sections["Adds"]
    'nothing; columns keep their metadata.'
    >>> found.examples[0].output
    "{'co2': [1200]}"
    """
    kind = component(word)
    docstring = inspect.getdoc(kind) or ""
    examples = doctest.DocTestParser().get_examples(docstring)
    prose = docstring.split(">>> ")[0].strip()
    first = _SECTION.search(prose)
    before = prose[: first.start()] if first else prose
    return Reference(
        signature_of(kind),
        before.partition("\n")[2].strip(),
        {title: text for title, text in _sections(prose).items() if title != "Parameters"},
        tuple(Example(each.source.strip(), each.want.strip()) for each in examples),
    )


def markdown(word: str) -> str:
    """A page of the reference."""
    found = reference(word)
    signature = found.signature
    parts = [f"# `{word}`", signature.help, *([found.text] if found.text else [])]
    if signature.parameters:
        parts.append("\n".join([*_HEAD, *_rows(found)]))
    parts += [f"**{title}:** {text}" for title, text in found.sections.items()]
    parts += ["```python\n" + _typed(each) + "\n```" for each in found.examples]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """The page that leads to all the others, by what a component is for."""
    parts = [
        "# Components",
        "Made from their own docstrings; `amml components NAME` says the same.",
    ]
    known = signatures()
    for role, title in _ROLES.items():
        words = sorted(word for word, each in known.items() if each.role is role)
        rows = [f"| [`{word}`]({word}.md) | {_cell(known[word].help)} |" for word in words]
        parts += [f"## {title}", "\n".join(["| | |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def kind_of(parameter: Parameter) -> str:
    """The kind of a parameter, or of a value its type."""
    if parameter.kind.value != "value":
        return parameter.kind.value
    return "value" if parameter.value_type is None else parameter.value_type.__name__.lower()


def default_of(parameter: Parameter) -> str:
    """A default as the language writes it."""
    if isinstance(parameter.default, tuple):
        return ", ".join(parameter.default)
    if parameter.required:
        return "(required)"
    return show_constant(cast(Constant, parameter.default))


def _sections(prose: str) -> dict[str, str]:
    """
    >>> _sections("Do it.\\n\\nAdds: a\\n    column.\\nErrors: none.")
    {'Adds': 'a column.', 'Errors': 'none.'}
    """
    _, *found = _SECTION.split(prose)
    texts = (" ".join(text.split()) for text in found[1::2])
    return dict(zip(found[::2], texts, strict=True))


def _rows(found: Reference) -> list[str]:
    return [
        f"| `{each.name}` | {kind_of(each)} | {_cell(default_of(each))} | {_cell(each.help)} |"
        for each in found.signature.parameters
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _typed(example: Example) -> str:
    """As in Python's shell."""
    source = example.source.replace("\n", "\n... ")
    return f">>> {source}\n{example.output}".strip()
