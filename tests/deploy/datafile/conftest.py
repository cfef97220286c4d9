"""Write a small file and look at it, in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_deploy.datafile.inspect import inspect_file

Inspect: TypeAlias = Callable[..., dict[str, Any]]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """The entry of a file with that name and content."""

    def write_and_inspect(name: str, content: str | bytes, **options: Any) -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        given: dict[str, Any] = {"time": "t", **options}
        return inspect_file(path, **given)

    return write_and_inspect


@pytest.fixture
def types(inspect: Inspect) -> Callable[..., dict[str, str]]:
    """The column types of a file with that name and content."""

    def of(name: str, content: str | bytes, **options: Any) -> dict[str, str]:
        return {c["name"]: c["type"] for c in inspect(name, content, **options)["columns"]}

    return of
