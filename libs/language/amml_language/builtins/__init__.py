"""The built-ins of callback scripts: one file each, found by its name."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from amml_language.builtins._declaration import Builtin

__all__ = ["Builtin", "find", "names"]


@cache
def names() -> tuple[str, ...]:
    """The names of all built-ins, in alphabetical order; none of them is imported."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


@cache
def find(name: str) -> Builtin | None:
    """The declaration of a built-in, or None if there is none of that name.

    >>> find("sqrt").title
    'the square root'
    """
    return import_module(f"{__name__}.{name}").BUILTIN if name in names() else None
