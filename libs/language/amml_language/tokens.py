"""Text to tokens: names, words, numbers, durations, strings and signs, each with its span."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from amml_language.diagnostics import MOST_PROBLEMS, Diagnostic, raise_all
from amml_language.tree import Constant, Duration, Span

LONGEST = 64 * 1024  # bytes of UTF-8
WORDS = frozenset("and or not in if else true false null True False None".split())
UNITS = {
    "w": 604_800_000_000,
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
}
_INT64 = 2**63
_SPELLINGS = {"True": "true", "False": "false", "None": "null"}
_CONSTANTS: dict[str, Constant] = {"true": True, "false": False, "null": None}
_FOREIGN = {  # signs that other languages use, and ours for them
    **{"&&": "and", "&": "and", "||": "or", "!": "not", "^": "**"},
    **{"<>": "!=", "===": "==", "!==": "!=", "=>": ">=", "=<": "<="},
    **{"\u2212": "-", "\u2260": "!=", "\u2264": "<=", "\u2265": ">=", "\u00d7": "*"},
}
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t"}


class TokenKind(Enum):
    """What a token is."""

    NAME = "name"
    WORD = "word"  # `and`, `true`, ...
    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as the parser reads it, `value` of a literal, and its place."""

    kind: TokenKind
    text: str
    span: Span
    value: Constant = None


def tokenize(text: str) -> list[Token]:
    """Cut a text into tokens; the last one is of kind END.

    Errors: LanguageError, with every fault of the text's characters.

    >>> [token.text for token in tokenize("filter co2 >= 1h30m  # warm")]
    ['filter', 'co2', '>=', '1h30m', '']
    """
    problems: list[Diagnostic] = []
    tokens = scan(text, problems)
    raise_all(text, problems)
    return tokens


def scan(text: str, problems: list[Diagnostic]) -> list[Token]:
    """Tokenize, adding faults to `problems`: what follows a fault is still worth reading."""
    if len(text) > LONGEST or len(text.encode("utf-8", "replace")) > LONGEST:
        problems.append(Diagnostic("E109", "the text is longer than 64 KiB", Span(0, 0)))
        return [Token(TokenKind.END, "", Span(0, 0))]
    for found in islice(_UNPRINTABLE.finditer(text), MOST_PROBLEMS):
        message = f"a text holds no character {found[0][0]!r}"
        problems.append(Diagnostic("E101", message, Span(*found.span())))
    scanner = _Scanner(text, problems)
    return scanner.run()


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")
_BLANK = re.compile("(?:[ \t\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+|#[^\n]*)+")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DURATION = re.compile(r"([0-9]+(ms|s|m|h|d|w))+(?![\w.])")
_DURATION_PART = re.compile(r"([0-9]+)(ms|s|m|h|d|w)")
_STRING = re.compile(r""""(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*\'""")
_OPEN_STRING = re.compile(r"[\"'][^\n]*")
_CURLY = re.compile("[\u201c\u201d\u201e]([^\u201c\u201d\n]*)[\u201c\u201d]")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_FOREIGN_SIGN = re.compile("&&?|\\|\\||<>|===|!==|=[<>]|!(?!=)|[\u2212\u2260\u2264\u2265\u00d7^]")
_SIGN = re.compile(r"\*\*|//|[<>=!]=|[|;()\[\],:=<>+\-*/%]")
_DOTTED = re.compile(r"\.[\w.]*")


class _Scanner:
    """A position in the text, and what was found before it."""

    def __init__(self, text: str, problems: list[Diagnostic]) -> None:
        self._text = text
        self._problems = problems
        self._at = 0
        self._tokens: list[Token] = []

    def run(self) -> list[Token]:
        while self._skip_blanks() < len(self._text) and len(self._problems) < MOST_PROBLEMS:
            self._one()
        self._add(TokenKind.END, "", self._at)
        return self._tokens

    def _skip_blanks(self) -> int:
        if blank := _BLANK.match(self._text, self._at):
            self._at = blank.end()
        return self._at

    def _one(self) -> None:
        first = self._text[self._at]
        if first == "_" or first.isalpha():
            self._name()
        elif "0" <= first <= "9":
            self._number()
        elif first in "\"'":
            self._string()
        elif sign := _FOREIGN_SIGN.match(self._text, self._at):
            self._foreign(sign[0])
        elif sign := _SIGN.match(self._text, self._at):
            self._add(TokenKind.SIGN, sign[0], sign.end())
        else:
            self._unexpected(first)

    def _add(self, kind: TokenKind, text: str, end: int, value: Constant = None) -> None:
        self._tokens.append(Token(kind, text, Span(self._at, end), value))
        self._at = end

    def _report(self, code: str, message: str, end: int, help: str = "") -> None:
        self._problems.append(Diagnostic(code, message, Span(self._at, end), help))

    def _name(self) -> None:
        end = _word_end(self._text, self._at)
        name = unicodedata.normalize("NFC", self._text[self._at : end])
        if name in WORDS:
            name = _SPELLINGS.get(name, name)
            self._add(TokenKind.WORD, name, end, _CONSTANTS.get(name))
        else:
            self._add(TokenKind.NAME, name, end)

    def _number(self) -> None:
        found = _DURATION.match(self._text, self._at) or _NUMBER.match(self._text, self._at)
        assert found is not None, "the first character is a digit"
        end = found.end()
        if end < len(self._text) and (self._text[end] == "." or _in_word(self._text[end])):
            while end < len(self._text) and (self._text[end] == "." or _in_word(self._text[end])):
                end += 1
            written = self._text[self._at : end]
            self._report("E104", f"`{written}` is not a number", end, _number_help(written))
            self._add(TokenKind.NUMBER, written, end, 0)
        elif found.re is _DURATION:
            self._duration(found[0], end)
        else:
            self._plain_number(found, end)

    def _duration(self, written: str, end: int) -> None:
        parts = [(int(count[:20]), UNITS[unit]) for count, unit in _DURATION_PART.findall(written)]
        sizes = [size for _, size in parts]
        if any(left <= right for left, right in zip(sizes, sizes[1:], strict=False)):
            help = "write each unit once, from large to small: `1h30m`"
            self._report("E104", f"the units of `{written}` do not fall", end, help)
        microseconds = sum(count * size for count, size in parts)
        if microseconds >= _INT64:
            self._report("E104", "a duration of more than 292,000 years", end)
            microseconds = 0
        self._add(TokenKind.DURATION, written, end, Duration(microseconds))

    def _plain_number(self, found: re.Match[str], end: int) -> None:
        written, is_float = found[0], bool(found[1] or found[2])
        if not is_float and len(written) > 1 and written[0] == "0":
            self._report(
                "E104", f"`{written}` begins with 0", end, "write it without leading zeros"
            )
            written = "0"
        value = float(written) if is_float else int(written[:20])
        if value == float("inf") or (not is_float and value >= _INT64):
            help = "" if is_float else "integers fit 64 bits; as a float write `1e19`"
            self._report("E104", "the number is too large", end, help)
            value = 0
        self._add(TokenKind.NUMBER, found[0], end, value)

    def _string(self) -> None:
        found = _STRING.match(self._text, self._at)
        if found is None:
            rest = _OPEN_STRING.match(self._text, self._at)
            assert rest is not None, "the first character is a quote"
            quote = rest[0][0]
            self._report("E102", "the string is not closed", rest.end(), f"close it with `{quote}`")
            self._add(TokenKind.STRING, rest[0], rest.end(), "")
        else:
            value = _ESCAPE.sub(self._unescape, found[0][1:-1])
            self._add(TokenKind.STRING, found[0], found.end(), value)

    def _unescape(self, escape: re.Match[str]) -> str:
        body = escape[1]
        if body in _ESCAPES:
            return _ESCAPES[body]
        number = int(body[1:], 16) if len(body) > 1 else 0
        if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000:
            return chr(number)
        span = Span(*(self._at + 1 + place for place in escape.span()))
        help = "a string holds no such character" if len(body) > 1 else f"write `\\\\{body}`"
        self._problems.append(Diagnostic("E105", f"unknown escape `{escape[0]}`", span, help))
        return ""

    def _foreign(self, sign: str) -> None:
        ours, end = _FOREIGN[sign], self._at + len(sign)
        self._report("E110", f"`{sign}` is not a sign of AMML", end, f"write `{ours}`")
        self._add(TokenKind.WORD if ours.isalpha() else TokenKind.SIGN, ours, end)

    def _unexpected(self, first: str) -> None:
        if curly := _CURLY.match(self._text, self._at):
            self._report("E101", "curly quotes", curly.end(), f'write `"{curly[1]}"`')
            self._add(TokenKind.STRING, curly[0], curly.end(), curly[1])
            return
        if dotted := _DOTTED.match(self._text, self._at):
            self._dotted(dotted[0], dotted.end())
            return
        end = self._at + 1
        while self._text[end : end + 1] == first:
            end += 1
        written = self._text[self._at : end]
        self._report("E101", f"unexpected `{written}`", end, _HELP.get(first, ""))
        if first.isspace():
            self._at = end
        else:
            self._add(TokenKind.SIGN, written, end)  # so that the parser, too, stops here

    def _dotted(self, written: str, end: int) -> None:
        if written[1:].isdecimal():
            self._report("E104", f"`{written}` is not a number", end, f"write `0{written}`")
            self._add(TokenKind.NUMBER, written, end, 0)
            return
        before = self._tokens[-1] if self._tokens else None
        if before is None or before.span.end != self._at or before.kind is not TokenKind.NAME:
            self._report("E101", "unexpected `.`", end)
            self._add(TokenKind.SIGN, written, end)
            return
        whole = before.text + written
        help = f'text is quoted, `"{whole}"`, and such a column is `col("{whole}")`'
        self._report("E101", "unexpected `.`", end, help)
        self._tokens[-1] = Token(TokenKind.NAME, whole, Span(before.span.start, end))
        self._at = end


_HELP = {
    "?": "a choice is written `x if condition else y`",
    "`": 'a column with unusual characters is written `col("PM2.5")`',
    "{": "a list is written `[a, b]`",
    "\u00a0": "this blank is a no-break space: write a plain one",
    "\u3000": "this blank is an ideographic space: write a plain one",
}


def _number_help(written: str) -> str:
    if written.lower().startswith("0x"):
        return "write the number in decimal"
    if re.fullmatch(r"[0-9][0-9_]*", written):
        return f"write `{written.replace('_', '')}`"
    if re.fullmatch(r"[0-9]+\.", written):
        return f"write `{written}0`"
    if re.fullmatch(r"[0-9]+\.[0-9]+(ms|s|m|h|d|w)", written):
        return "a duration has whole numbers: `1h30m`"
    if re.fullmatch(r"[0-9]+(us|sec|secs|min|mins|hours?|days?|weeks?|y|M|H|D|S)", written):
        return "the units are `ms`, `s`, `m`, `h`, `d` and `w`"
    return f'a name begins with a letter; a column of this name is `col("{written}")`'


def _in_word(character: str) -> bool:
    # Letters and digits of any script, and the marks that some scripts need within words.
    return character.isalnum() or ("a" + character).isidentifier()


def _word_end(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return end
