"""What may run by itself: commands that make sense unattended, and ask nobody anything."""

import shlex

import click

from amml_deploy.errors import UserError

# The one list; a command line begins with one of these.
ALLOWED = (
    ("run",),
    ("lake", "compact"),
    ("lake", "verify"),
    ("retention", "apply"),
    ("datasets", "rebuild"),
    ("doctor",),
)


def words_of(line: str) -> list[str]:
    """The words of a command line, which no shell ever sees.

    Parameters:
        line: a line for `amml`, without that word.
    Errors: UserError, it cannot be read, or is none that may run by itself.

    >>> words_of("lake compact 'co2' --older 1d")
    ['lake', 'compact', 'co2', '--older', '1d']
    >>> words_of("down --purge")
    Traceback (most recent call last):
    amml_deploy.errors.UserError: `down --purge` may not run by itself; ... datasets rebuild, doctor
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UserError(f"`{line[:80]}` cannot be read: {str(error).lower()}") from None
    if not any(tuple(words[: len(first)]) == first for first in ALLOWED):
        there = ", ".join(" ".join(first) for first in ALLOWED)
        raise UserError(
            f"`{line[:80]}` may not run by itself; what may begins, without `amml`, with {there}"
        )
    return words


def check(line: str) -> str:
    """`line`, if it may run by itself and `amml` takes its options.

    Errors: UserError.
    """
    from amml_deploy.__main__ import amml  # which knows every command

    words = words_of(line)
    if words[:2] == ["retention", "apply"] and "--yes" not in words:
        raise UserError(f"`{line[:80]}` asks before it deletes, and nobody answers: add --yes")
    if {"-h", "--help"} & set(words):
        raise UserError(f"`{line[:80]}` only shows help")
    context = click.Context(amml)
    try:
        while isinstance(group := context.command, click.Group):
            name, found, words = group.resolve_command(context, words)
            assert found is not None  # or it would have failed
            context = click.Context(found, context, name)
        context.command.make_context(context.info_name, words, context.parent)
    except click.ClickException as error:
        raise UserError(f"`{line[:80]}`: {error.format_message()}") from None
    return line
