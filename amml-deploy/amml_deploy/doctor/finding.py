"""What a check says: one line, and where something is wrong, what it means and what to do."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters:
        message: what is so.
        meaning: what follows from it; empty when all is well.
        fix: what to do about it.
        leftovers: what `amml doctor --fix` would remove.
    """

    level: Level
    message: str
    meaning: str = ""
    fix: str = ""
    leftovers: tuple[str, ...] = ()


def ok(message: str) -> Finding:
    """All is well."""
    return Finding("ok", message)


def warning(message: str, meaning: str, fix: str, leftovers: tuple[str, ...] = ()) -> Finding:
    """Something works, and could work better or will fail one day."""
    return Finding("warning", message, meaning, fix, leftovers)


def problem(message: str, meaning: str, fix: str) -> Finding:
    """Something does not work."""
    return Finding("problem", message, meaning, fix)


def some(names: tuple[str, ...] | list[str], most: int = 5) -> str:
    """A few names, and how many more there are.

    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def size(count: float) -> str:
    """Bytes as people read them.

    >>> size(5), size(3 << 30)
    ('5 B', '3.0 GB')
    """
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"
