"""The tables of `docs/scripts.md`, written from the declarations that the language runs on."""

from collections.abc import Iterable, Sequence

from amml_language import builtins
from amml_language.builtins import Builtin
from amml_language.datatypes import Overload, Type
from amml_language.instruction import written
from amml_language.opcodes import OPCODES

_OPENING, _CLOSING = "<!-- table: {} -->", "<!-- end -->"


def with_tables(document: str) -> str:
    """The document with its tables written anew.

    A table stands between the lines `<!-- table: opcodes -->` (or `built-ins`) and `<!-- end -->`.
    """
    for name, table in (("opcodes", opcode_table()), ("built-ins", builtin_table())):
        opening = _OPENING.format(name)
        before, _, rest = document.partition(opening)
        after = rest.partition(_CLOSING)[2]
        document = f"{before}{opening}\n{table}\n{_CLOSING}{after}"
    return document


def opcode_table() -> str:
    """Every opcode: how it is written, what it takes and gives."""
    rows = [
        (f"`{row.name}`", f"`{row.usage}`", row.doc, _types(row.overloads))
        for row in OPCODES.values()
    ]
    return _table(("opcode", "written", "gives", "types"), rows)


def builtin_table() -> str:
    """Every built-in, with its examples."""
    rows = [
        _builtin_row(name, found) for name in builtins.names() if (found := builtins.find(name))
    ]
    return _table(("built-in", "gives", "types", "examples"), rows)


def _builtin_row(name: str, builtin: Builtin) -> tuple[str, str, str, str]:
    examples = [f"`{each.source}` is `{written(each.result)}`" for each in builtin.examples]
    call = f"`{name}({builtin.takes()})`"
    return call, builtin.title, _types(builtin.overloads), "<br>".join(examples)


def _types(overloads: Iterable[Overload]) -> str:
    typed = [overload for overload in overloads if Type.NULL not in overload.accepts]
    return "<br>".join(f"`{overload}`" for overload in typed)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )
