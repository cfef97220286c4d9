"""What the examples in components' docstrings find: `run`, with doors that lead nowhere."""

from collections.abc import Callable
from typing import Any

import pytest

from amml_runtime import testing


@pytest.fixture(scope="session", autouse=True)
def _examples(doctest_namespace: dict[str, Any], doors: Callable[[], dict[str, Any]]) -> None:
    def run(
        text: str, beside: dict[str, dict[str, list[Any]]] | None = None, **columns: list[Any]
    ) -> dict[str, Any]:
        return testing.run(text, doors(), beside, **columns)

    doctest_namespace["run"] = run
