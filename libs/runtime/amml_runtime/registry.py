"""The components there are, found by name: no list to edit.

A package offers its components by the entry point group `amml.components`; every module in
it that does not begin with `_` is one component, with the class named for it.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

from amml_language.signature import Signature
from amml_runtime.component import AbstractComponent
from amml_runtime.declaration import signature_of

GROUP = "amml.components"


@cache
def modules() -> dict[str, str]:
    """Each component's word and its module, imported or not."""
    found: dict[str, str] = {}
    for package in sorted({point.value for point in entry_points(group=GROUP)}):
        path = importlib.import_module(package).__path__
        names = (info.name for info in pkgutil.iter_modules(path))
        found |= {name: f"{package}.{name}" for name in names if not name.startswith("_")}
    return found


def reference(word: str) -> str:
    """How a specification names a component: `module:Class`; raises `KeyError`.

    >>> reference("minmax_scaler")
    'amml_progress.minmax_scaler:MinmaxScaler'
    """
    return f"{modules()[word]}:{_class_name(word)}"


def load(reference: str) -> type[AbstractComponent]:
    """The class that `module:Class` names; only its module is imported."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def component(word: str) -> type[AbstractComponent]:
    """The class of that word; raises `KeyError`."""
    return load(reference(word))


@cache
def signatures() -> dict[str, Signature]:
    """Every component's signature, as the language's binder takes them."""
    return {word: signature_of(component(word)) for word in modules()}


def _class_name(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("_"))
