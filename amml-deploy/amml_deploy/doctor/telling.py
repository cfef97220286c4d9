"""How findings are shown to a person, and how `--fix` asks before it removes anything."""

import os
import sys
from collections.abc import Iterable, Iterator

import click

from amml_deploy.doctor.examine import Found, clean
from amml_deploy.doctor.site import Site
from amml_deploy.errors import UserError
from amml_deploy.output import say
from amml_language.diagnostics import visible

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}
_MOST = 20


def told(findings: Iterable[Found], aloud: bool) -> Iterator[Found]:
    """Each finding, printed as it comes: where a server hangs that can take seconds."""
    for found in findings:
        if aloud:
            level = found.finding.level
            rest = text(found).removeprefix(level)
            colour = None if os.environ.get("NO_COLOR") else _COLOURS[level]
            click.echo(click.style(level, fg=colour, reset=colour is not None) + rest)
        yield found


def text(found: Found) -> str:
    """A finding's line, with its meaning and its fix below.

    >>> from amml_deploy.doctor.finding import warning
    >>> print(text(Found("disk", warning("1.0 GB are free", "it will be full", "make room"))))
    warning  disk: 1.0 GB are free
             it will be full
             fix: make room
    """
    finding = found.finding
    below = [finding.meaning, f"fix: {finding.fix}" if finding.fix else ""]
    lines = [f"{found.check}: {finding.message}", *(line for line in below if line)]
    return f"{finding.level:8} " + "\n         ".join(visible(line) for line in lines)


def fix(site: Site, findings: Iterable[Found], yes: bool) -> list[str]:
    """Say what would be removed, ask, remove it; what was removed.

    Errors: UserError, there is nobody to ask, and no `--yes`.
    """
    removed: list[str] = []
    for found in findings:
        if found.finding.leftovers and _agreed(found, yes):
            removed += clean(site, found)
    for name in removed:
        say(f"removed {name}")
    return removed


def _agreed(found: Found, yes: bool) -> bool:
    names = found.finding.leftovers
    say(f"{found.check}: {len(names)} can be removed:")
    for name in names[:_MOST]:
        say(f"  {visible(name)}")
    if len(names) > _MOST:
        say(f"  and {len(names) - _MOST} more")
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UserError("nothing was removed: say so with --yes")
    return click.confirm("remove them?", err=True)
