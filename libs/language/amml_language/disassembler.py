"""Workflow bytecode as lines to read, each with its place in the text."""

from collections.abc import Iterator

from amml_language.bound import Reference, Secret, Value
from amml_language.printer import show_column, show_constant
from amml_language.program import (
    Create,
    Instruction,
    Link,
    Program,
    SetArgument,
    SetLabel,
    SetScript,
)
from amml_language.script import Script
from amml_language.tree import Span

_COMMENTS_FROM = 40  # column


def disassemble(program: Program) -> str:
    """Show a program: one line an instruction, callback bytecode indented below its script.

    >>> from amml_language.tree import Span
    >>> print(disassemble(Program((Create(0, "print", Span(4, 9)),), "x | print")))
    create    0 print                       # 4-9
    """
    return "\n".join(line for each in program.instructions for line in _lines(each))


def _lines(instruction: Instruction) -> Iterator[str]:
    match instruction:
        case Create(step, component, span):
            yield _line("create", f"{step} {component}", span)
        case SetLabel(step, label, _, span):
            yield _line("label", f"{step} {label}", span)
        case SetArgument(step, name, value, span):
            yield _line("argument", f"{step} {name} = {_value(value)}", span)
        case SetScript(step, name, script, span):
            yield _line("script", f"{step} {name}", span)
            yield from _script(script)
        case Link():
            yield _line(*_link(instruction), instruction.span)


def _line(word: str, operands: str, span: Span) -> str:
    return f"{word:<9} {operands}".ljust(_COMMENTS_FROM - 1) + f" # {span.start}-{span.end}"


def _value(value: Value) -> str:
    match value:
        case Secret(name):
            return f"secret({show_constant(name)})"
        case tuple():
            return f"[{', '.join(map(show_column, value))}]"
        case _:
            return show_constant(value)


def _script(script: Script | tuple[tuple[str, Script], ...]) -> Iterator[str]:
    if isinstance(script, Script):
        yield from _indented(4, script)
        return
    for column, each in script:
        yield f"    {column} ="
        yield from _indented(8, each)


def _indented(width: int, script: Script) -> Iterator[str]:
    for line in script.disassemble():
        code, _, place = line.partition("#")
        yield (" " * width + code.rstrip()).ljust(_COMMENTS_FROM - 1) + f" #{place}"


def _link(link: Link) -> tuple[str, str]:
    source = link.source_step
    if isinstance(source, Reference):
        source = f"{source.workflow}.{source.label}"
    if link.kind == "event":
        return "event", f"{source} -> {link.target_step} {link.parameter}"
    return "link", f"{source} -> {link.target_step}"
