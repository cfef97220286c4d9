"""A place among the tokens: what the two halves of the parser look ahead and take with."""

from typing import NoReturn

from amml_language.diagnostics import MOST_PROBLEMS, Diagnostic
from amml_language.tokens import Token, TokenKind
from amml_language.tree import Span

DEEPEST = 100


class Fault(Exception):
    """The stage at hand cannot be read on; its diagnostic is already collected."""


class Enough(Exception):
    """The text is so wrong, or so long, that reading on helps nobody; see the diagnostics."""


class Cursor:
    """Looks up to two tokens ahead, and may put a token right that is wrong in a known way."""

    def __init__(self, tokens: list[Token], text: str, problems: list[Diagnostic]) -> None:
        self._tokens = [*tokens, tokens[-1], tokens[-1]]  # END, as far as is looked ahead
        self._at = 0
        self._problems = problems
        self.text = text
        self.depth = 0
        self.open = 0  # parentheses and brackets open in the stage at hand

    def peek(self, ahead: int = 0) -> Token:
        """The token at the cursor, or one after it; at the end, END again and again."""
        return self._tokens[self._at + ahead]

    def take(self) -> Token:
        """The token at the cursor, which moves on."""
        token = self._tokens[self._at]
        if token.kind is not TokenKind.END:
            self._at += 1
        return token

    def at(self, *texts: str, ahead: int = 0) -> bool:
        """Whether a sign or word of these texts is next."""
        token = self.peek(ahead)
        return token.kind in (TokenKind.SIGN, TokenKind.WORD) and token.text in texts

    def at_kind(self, *kinds: TokenKind, ahead: int = 0) -> bool:
        """Whether a token of these kinds is next."""
        return self.peek(ahead).kind in kinds

    def accept(self, text: str) -> bool:
        """Take a sign or word if it is next."""
        found = self.at(text)
        if found:
            self.take()
        return found

    def at_stage_end(self) -> bool:
        """Whether nothing more can belong to the stage at hand."""
        return self.at("|", ";", ")") or self.at_kind(TokenKind.END)

    def begins_line(self) -> bool:
        """Whether the next token is the first of its line."""
        return "\n" in self.text[self.end() : self.peek().span.start]

    def end(self) -> int:
        """Where the token before the cursor ends."""
        return self._tokens[self._at - 1].span.end if self._at else 0

    def correct(self, kind: TokenKind, text: str) -> None:
        """Read the next token as if it had been written right."""
        old = self.peek()
        self._tokens[self._at] = Token(kind, text, old.span)

    def insert(self, sign: str) -> None:
        """Read on as if a forgotten sign stood before the next token."""
        start = self.peek().span.start
        self._tokens.insert(self._at, Token(TokenKind.SIGN, sign, Span(start, start)))

    def report(self, code: str, message: str, span: Span, help: str = "") -> None:
        """Collect a diagnostic and go on.

        Errors: Enough, there are very many.
        """
        if len(self._problems) >= MOST_PROBLEMS:
            raise Enough
        self._problems.append(Diagnostic(code, message, span, help))

    def fail(self, code: str, message: str, span: Span, help: str = "") -> NoReturn:
        """Collect a diagnostic and give up the stage at hand."""
        self.report(code, message, span, help)
        raise Fault

    def unexpected(self, help: str = "") -> NoReturn:
        """Give up the stage, because the next token has no place here."""
        if self.at_kind(TokenKind.END):
            self.fail("E106", "the text ends too early", Span(self.end(), self.end()), help)
        self.fail("E106", f"unexpected `{self.peek().text}`", self.peek().span, help)

    def deeper(self) -> None:
        """Go one level down; the one who does sets `depth` back."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail("E109", f"nested more than {DEEPEST} deep", self.peek().span)

    def skip_stage(self) -> None:
        """Move to where the next stage can begin: a `|`, `;` or closing `)`."""
        while not self.at("|", ";") and not self.at_kind(TokenKind.END):
            if self.at(")") and not self.open:
                return
            if self.at("(", "["):
                self.open += 1
            elif self.at(")", "]"):
                self.open = max(0, self.open - 1)
            self.take()
