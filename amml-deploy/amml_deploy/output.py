"""How every command speaks: data on stdout as a table or JSON, talk and progress on stderr."""

import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from amml_language.diagnostics import visible, width

Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(command: Command) -> Command:
    """Add `--output text|json`; the command gets it as `output`."""
    choice = click.Choice(["text", "json"])
    return click.option(
        "--output", type=choice, default="text", help="How to print the result.", show_default=True
    )(command)


def show(output: str, document: Any, text: Callable[[], str]) -> None:
    """Print a result on stdout: the document as JSON, or the text a person reads."""
    click.echo(as_json(document) if output == "json" else text())


def as_json(document: Any) -> str:
    """A document as text, keys in their order.

    >>> print(as_json({"name": "ett", "rows": 2}))
    {
      "name": "ett",
      "rows": 2
    }
    """
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_json_line(document: Any) -> str:
    """A document on one line, for streams of them."""
    return json.dumps(document, ensure_ascii=False, default=str)


def say(text: str) -> None:
    """Tell a person something, on stderr."""
    click.echo(text, err=True)


def cell(value: Any) -> str:
    """One value in a table: nothing is `-`, control characters are escaped.

    >>> cell(None), cell(12345.678), cell("a\\x1bb"), cell([1, 2])
    ('-', '12345.7', 'a\\\\x1bb', '1, 2')
    """
    if value in (None, "", [], ()):
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return visible(str(value))


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows under their headers, numbers to the right.

    >>> print(table(["NAME", "ROWS"], [["ett", 17420], ["co2", None]]))
    NAME   ROWS
    ett   17420
    co2       -
    """
    lines = [list(headers), *([cell(value) for value in row] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    right = [any(_is_number(row[i]) for row in rows) for i in range(len(headers))]
    padded = (
        "  ".join(_pad(text, widths[i], right[i]) for i, text in enumerate(line)) for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def facts(pairs: Mapping[str, Any]) -> str:
    """Names and values, one a line.

    >>> print(facts({"rows": 2, "time": "date"}))
    rows  2
    time  date
    """
    widest = max(map(width, pairs), default=0)
    return "\n".join(f"{_pad(name, widest, False)}  {cell(value)}" for name, value in pairs.items())


@contextmanager
def progress_bytes(what: str) -> Generator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing in a pipe; call what it yields with bytes done and in all."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _pad(text: str, to: int, right: bool) -> str:
    blanks = " " * (to - width(text))
    return blanks + text if right else text + blanks


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
