"""A workflow as a command takes it: the text itself, a file, or `-` for standard input."""

import sys
from pathlib import Path

import click

from amml_deploy.errors import UserError
from amml_language.compiler import compile_text
from amml_language.diagnostics import Diagnostic, LanguageError, render
from amml_language.program import Program
from amml_runtime.registry import signatures

LIMIT = 64 * 1024


class TextCommand(click.Command):
    """A command that takes a workflow's text, and says so where its quotes are missing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but words too many are a text that the shell took apart."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "unexpected extra argument" not in error.message:
                raise
            raise click.UsageError(
                f"{error.message}; a workflow's text stands in single quotes: "
                "'source id=\"ett\" | print'",
                ctx,
            ) from None


def text_of(argument: str) -> str:
    """The text that an argument stands for; an existing file is read.

    Errors: UserError, a file that cannot be read, or a name that looks like one and is none.

    >>> text_of('source id="ett" | print')
    'source id="ett" | print'
    """
    if argument == "-":
        return sys.stdin.read(LIMIT + 1)
    path = Path(argument)
    if argument.endswith(".amml") or _is_file(path):
        return _read(path)
    return argument


def compiled(text: str, fragment: bool = False) -> Program:
    """The program of a text, with the components installed here.

    Errors: UserError, with every diagnostic drawn under the text.
    """
    program, problems = diagnosed(text, fragment)
    if program is None:
        raise UserError(render(text, problems))
    return program


def diagnosed(text: str, fragment: bool = False) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """The program of a text, or all that is wrong with it."""
    try:
        return compile_text(text, signatures(), fragment=fragment), ()
    except LanguageError as error:
        return None, error.diagnostics


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a workflow's text is often too long for a name
        return False


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(LIMIT + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise UserError(f"{path} cannot be read: {reason}") from error
