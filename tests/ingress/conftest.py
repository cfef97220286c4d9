"""Sources over files that a test writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from amml_ingress.source import Source

Catalogued: TypeAlias = Callable[..., Source]


NO_TABLES: Any = None
NO_LAKE: Any = None


class At:
    """The door to files, with the one at `path` behind it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, sha256: str) -> Path:
        """The file, whatever is asked for."""
        return self._path


@pytest.fixture
def source(tmp_path: Path) -> Catalogued:
    """Makes a source of a file's `content` and `columns`; other arguments are the entry's."""

    def make(content: str | bytes = "", columns: str = "date=timestamp OT=float", **entry: Any):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        pairs = (pair.split("=") for pair in columns.split())
        document: dict[str, Any] = {
            **{"kind": "file", "format": "csv", "sha256": "f00d", "time": None, "key": None},
            "columns": [{"name": name, "type": type_} for name, type_ in pairs],
            **entry,
        }
        json.dumps(document)  # the catalogue keeps it as JSON
        return Source("ett", entry=document, files=At(path), tables=NO_TABLES, lake=NO_LAKE)

    return make
