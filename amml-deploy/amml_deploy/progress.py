"""What a long command is doing: a live table on a terminal, plain lines in a pipe."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

_DONE = {"ready": "green", "stopped": "dim"}


@contextmanager
def progress() -> Generator[Callable[[str, str], None]]:
    """Yields what is told the name of a part and what it does now, from any thread."""
    console = Console(stderr=True)  # it honours NO_COLOR
    if not sys.stderr.isatty():
        yield lambda part, state: click.echo(f"{part}: {state}", err=True)
        return
    parts = _Parts()
    with Live(get_renderable=parts.render, console=console, refresh_per_second=8):
        yield parts.tell


class _Parts:
    """What each part does, and for how long it has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, tuple[str, float]] = {}
        self._began = time.monotonic()

    def tell(self, part: str, state: str) -> None:
        with self._lock:
            self._parts[part] = (state, time.monotonic() - self._began)

    def render(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        now = time.monotonic() - self._began
        with self._lock:
            for part, (state, at) in self._parts.items():
                took = at if state in _DONE else now
                table.add_row(part, state, f"{took:.1f} s", style=_DONE.get(state))
        return table
