"""What can be wrong with a callback script, before it runs and when a batch does not fit it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from amml_language.builtins import Builtin
from amml_language.datatypes import Overload, Type
from amml_language.diagnostics import Diagnostic, LanguageError
from amml_language.instruction import Argument
from amml_language.opcodes import Opcode
from amml_language.tree import Span

_SHOWN = 20  # column names in one message


class ScriptError(LanguageError):
    """A batch does not fit a script: a column is missing, or of the wrong type.

    It is the workflow's fault and no row's, so it stops the step.
    """


def usage(row: Opcode | Builtin, argument: Argument = None) -> str:
    """How a script writes an operation: `x + y`, or `clip(x, low, high)`."""
    return row.usage if isinstance(row, Opcode) else f"{argument}({row.takes()})"


def mixed(
    usage: str, found: Sequence[Type | None], overloads: Iterable[Overload], span: Span
) -> Diagnostic:
    """An operation on types that it does not take; None is a type not known yet."""
    known = " and ".join(kind.value for kind in found if kind)
    typed = [overload for overload in overloads if Type.NULL not in overload.accepts]
    accepted = "; ".join(str(overload).partition(" -> ")[0] for overload in typed)
    return Diagnostic("E303", f"`{usage}` does not take {known}", span, f"it takes {accepted}")


def no_such_column(name: str, available: Sequence[str], span: Span) -> Diagnostic:
    """A column that the batch does not have."""
    shown = ", ".join(available[:_SHOWN]) + (", ..." if len(available) > _SHOWN else "")
    there = f"there are: {shown}" if available else "there are none"
    help = f"{nearest(name, available)}{there}"
    return Diagnostic("E304", f"no column `{name}`", span, help)


def unreadable(name: str, arrow_type: str, span: Span) -> Diagnostic:
    """A column of a type that no script computes with."""
    message = f"column `{name}` is of type {arrow_type}, which scripts cannot read"
    return Diagnostic("E310", message, span, "scripts read numbers, text, booleans and times")


def unwanted(found: Type, wanted: Type, span: Span) -> Diagnostic:
    """A script whose result is of another type than its component needs."""
    help = "compare it with something" if wanted is Type.BOOLEAN else ""
    message = f"the script gives {found.value}, but {wanted.value} is needed"
    return Diagnostic("E311", message, span, help)


def nearest(name: str, available: Iterable[str]) -> str:
    """`did you mean ...? `, if something of a like name is there."""
    close = get_close_matches(name, list(available), 1)
    return f"did you mean `{close[0]}`? " if close else ""
