"""A workflow that reads well and cannot run here: the step it concerns gets the caret."""

from collections.abc import Iterable
from difflib import get_close_matches

from amml_deploy.errors import UserError
from amml_language.diagnostics import visible, width
from amml_language.tree import Span


class PlanFault(UserError):
    """A workflow cannot be planned.

    Parameters:
        text: the whole text.
        span: the part of it that is at fault.
        message: what is wrong, in one line.
        help: what to do about it, after the carets.

    >>> print(PlanFault('source id="e" | print', Span(0, 13), "no source `e`", "add it"))
    error: no source `e`
      source id="e" | print
      ^^^^^^^^^^^^^ add it
    """

    def __init__(self, text: str, span: Span, message: str, help: str = "") -> None:
        super().__init__(_drawn(text, span, message, help))
        self.span = span


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or else what there is.

    >>> suggestion("et", ["ett", "co2"])
    'did you mean `ett`?'
    """
    known = list(known)
    close = get_close_matches(name, known, 1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"there are: {', '.join(known[:20])}" if known else ""


def _drawn(text: str, span: Span, message: str, help: str) -> str:
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.start)
    line = text[start : end if end >= 0 else len(text)]
    before, marked = line[: span.start - start], line[span.start - start : span.end - start]
    place = f"line {text.count(chr(10), 0, start) + 1}: " if "\n" in text else ""
    carets = "^" * max(1, width(visible(marked)))
    return (
        f"error: {place}{visible(message)}\n"
        f"  {visible(line)}\n"
        f"  {' ' * width(visible(before))}{carets} {visible(help)}".rstrip()
    )
