"""Callback scripts: an expression compiled to instructions that run over whole columns."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amml_language import instruction
from amml_language.datatypes import Type
from amml_language.diagnostics import Diagnostic, LanguageError
from amml_language.instruction import Instruction, allocate
from amml_language.script_compiler import Compiler
from amml_language.script_errors import ScriptError
from amml_language.tree import Constant, Expression, Scalar

if TYPE_CHECKING:  # Arrow takes 0.2 s to import, and compiling needs it seldom
    import pyarrow as pa

    from amml_language.vm import Outcome

__all__ = ["Script", "ScriptError", "compile_script", "fold"]


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled callback script; its last instruction gives the result.

    `text` is the workflow that the script stands in: errors show it, with a caret.
    """

    code: tuple[Instruction, ...]
    text: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that it reads, in the order of the text."""
        return tuple(str(each.argument) for each in self.code if each.opcode == "column")

    @property
    def fingerprint(self) -> str:
        """A hash of what it computes: the same wherever in a text the script stands."""
        lines = "\n".join(each.operation() for each in self.code)
        return hashlib.sha256(lines.encode()).hexdigest()

    def run(self, batch: "pa.RecordBatch", expect: Type | None = None) -> "Outcome":
        """Compute the script for every row of a batch.

        Parameters:
            expect: the type that the values must have, or widen to.
        Errors: ScriptError, a column is missing or of a type that the script cannot use, or the
            result is not of the type expected.
        """
        from amml_language.vm import run

        return run(self, batch, expect)

    def disassemble(self) -> list[str]:
        """The instructions as lines to read, each with its place in the text.

        >>> from amml_language.tree import Binary, Name, Scalar, Span
        >>> doubled = Binary("*", Name("x", Span(0, 1)), Scalar(2, Span(4, 5)), Span(0, 5))
        >>> print(*compile_script(doubled, "x * 2").disassemble(), sep="\\n")
        r0 <- column x   # 0-1
        r1 <- constant 2   # 4-5
        r2 <- multiply r0 r1   # 0-5
        """
        return list(map(str, self.code))

    def to_json(self) -> dict[str, Any]:
        """The script as plain JSON data."""
        return {"code": [each.to_json() for each in self.code], "text": self.text}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Script":
        """The script that `to_json` wrote."""
        return cls(tuple(map(instruction.from_json, data["code"])), data["text"])


def compile_script(expression: Expression, text: str) -> Script:
    """Compile an expression that stands in a text.

    Errors: LanguageError, with everything that is wrong with it.
    """
    compiler = Compiler(text)
    compiler.load(compiler.compile(expression))
    compiler.check()
    return Script(allocate(compiler.code), text)


def fold(expression: Expression, text: str) -> Constant:
    """Compute an expression of constants; null if an operation fails and nothing catches it.

    Errors: LanguageError, it reads columns, or something is wrong with it.
    """
    if isinstance(expression, Scalar):
        return expression.value
    compiler = Compiler(text)
    found = compiler.compile(expression)
    compiler.check()
    if any(each.opcode == "column" for each in compiler.code):
        message = "a constant is needed here, and this reads columns"
        raise LanguageError(text, [Diagnostic("E206", message, expression.span)])
    if found.register is None:
        return None if isinstance(found.value, tuple) else found.value
    return _run_once(compile_script(expression, text))


def _run_once(script: Script) -> Constant:
    """The value of a script that reads no columns, but has an operation that fails."""
    import pyarrow as pa

    from amml_language.columns import python_value

    return python_value(script.run(pa.record_batch({"row": [0]})).values[0])
