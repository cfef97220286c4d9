"""The doors to the world that examples and laws hand to components.

A folder of tests that has components with doors says what to hand in, in `doors.py`: a function
`doors()` that gives a fresh object for each need, as `{"out": ...}`.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Doors: TypeAlias = Callable[[], dict[str, Any]]


@pytest.fixture(scope="session")
def doors() -> Doors:
    """Gives fresh doors of every kind there is."""
    made = [_loaded(path) for path in sorted(Path(__file__).parent.glob("tests/*/doors.py"))]
    return lambda: {need: door for make in made for need, door in make().items()}


def _loaded(path: Path) -> Doors:
    spec = importlib.util.spec_from_file_location(f"doors_of_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.doors
