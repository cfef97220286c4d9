"""What is wrong with a text, shown under the text: code, cause, caret and suggestion.

Every stage of the language collects its diagnostics and goes on, so a text with three
faults earns three messages at once, in one `LanguageError`.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from amml_language.codes import CODES
from amml_language.tree import Span

MOST_PROBLEMS = 200  # after so many, a text is not read on
SHOWN = 50  # of a text that is wrong throughout, the first faults tell enough
WIDEST = 160  # columns of a source line; of a longer one, the part around the span
_ELLIPSIS = "..."


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: its code, what is wrong, where, and what to write instead.

    Parameters:
        code: a row of `codes.CODES`.
        message: the cause, in one line that starts with a small letter and has no full stop.
        span: the characters of the text at fault; empty for something that is missing there.
        help: the suggestion, shown after the carets.
    Errors: KeyError, the code is not in the table.
    """

    code: str
    message: str
    span: Span
    help: str = ""

    def __post_init__(self) -> None:
        CODES[self.code]


class LanguageError(Exception):
    """A text that is no workflow, with everything that is wrong with it.

    Parameters:
        text: the whole text that the spans point into.
        diagnostics: at least one, in the order of the text.
    """

    def __init__(self, text: str, diagnostics: Iterable[Diagnostic]) -> None:
        self.text = text
        self.diagnostics = tuple(diagnostics)
        super().__init__(text, self.diagnostics)

    def __str__(self) -> str:
        return render(self.text, self.diagnostics)


def raise_all(text: str, problems: Iterable[Diagnostic]) -> None:
    """Raise what was collected, in the order of the text; without problems, do nothing.

    Errors: LanguageError, carrying each problem once.
    """
    unique = dict.fromkeys(problems)
    if unique:
        raise LanguageError(text, sorted(unique, key=lambda d: (d.span.start, d.span.end)))


def without_echoes(
    text: str, later: Iterable[Diagnostic], earlier: Iterable[Diagnostic]
) -> list[Diagnostic]:
    """Drop what a later stage finds wrong where an earlier one did: the same fault once more."""
    touched = bytearray(len(text) + 1)
    for start, end in map(_extent, earlier):
        touched[start:end] = b"\1" * (end - start)
    return [each for each in later if not any(touched[slice(*_extent(each))])]


def _extent(diagnostic: Diagnostic) -> tuple[int, int]:
    start, end = diagnostic.span.start, diagnostic.span.end
    return start, max(start + 1, end)


def render(text: str, diagnostics: Iterable[Diagnostic]) -> str:
    """Show diagnostics under the lines of the text they are about.

    Carets are measured in columns of a terminal, so they sit right under wide characters too;
    control characters are shown escaped.

    >>> text = "source id=1 | prnt"
    >>> fault = Diagnostic("E103", "no component `prnt`", Span(14, 18), "did you mean `print`?")
    >>> print(render(text, [fault]))
    error[E103]: no component `prnt`
      source id=1 | prnt
                    ^^^^ did you mean `print`?
    """
    every = list(diagnostics)
    shown = [_render_one(text, diagnostic) for diagnostic in every[:SHOWN]]
    if len(every) > SHOWN:
        shown.append(f"and {len(every) - SHOWN} more errors")
    return "\n".join(shown)


def visible(text: str) -> str:
    """Replace characters that a terminal would obey or hide by their escapes.

    >>> visible("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return "".join(map(_shown, text))


def width(text: str) -> int:
    """Count the terminal columns that a visible text takes.

    >>> width("co2"), width("温度"), width("e\\u0301")
    (3, 4, 1)
    """
    return sum(map(_columns, text))


def _render_one(text: str, diagnostic: Diagnostic) -> str:
    start = min(diagnostic.span.start, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    end = max(start, min(diagnostic.span.end, line_end))
    before, source, after = _crop(text[line_start:start], text[start:end], text[end:line_end])
    line = f"line {text.count(chr(10), 0, start) + 1}: " if "\n" in text else ""
    carets = "^" * max(1, width(source))
    return "\n".join(
        (
            f"error[{diagnostic.code}]: {line}{visible(diagnostic.message)}",
            f"  {before}{source}{after}".rstrip(),
            f"  {' ' * width(before)}{carets} {visible(diagnostic.help)}".rstrip(),
        )
    )


def _crop(before: str, source: str, after: str) -> tuple[str, str, str]:
    """The three parts of a source line, visible, cut down to what is near the span."""
    after = after.rstrip("\r")
    if len(before) + len(source) + len(after) <= WIDEST:
        return visible(before), visible(source), visible(after)
    # Cut before escaping, so that a long line costs no more than a short one.
    half = WIDEST // 2
    left = (_ELLIPSIS if len(before) > half else "") + visible(before[-half:])
    if len(source) > WIDEST:
        return left, visible(source[:WIDEST]) + _ELLIPSIS, ""
    right = visible(after[:half]) + (_ELLIPSIS if len(after) > half else "")
    return left, visible(source), right


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
        return 0  # drawn over, or into, the character before it
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
