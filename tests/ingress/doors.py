"""The doors of the ingress components: a little file, as the source catalogue knows it."""

from pathlib import Path
from typing import Any

ENTRY: dict[str, Any] = {
    "kind": "file",
    "format": "csv",
    "sha256": "f00d",
    "time": "date",
    "tz": "UTC",
    "key": None,
    "columns": [{"name": "date", "type": "timestamp"}, {"name": "OT", "type": "float"}],
}


class Held:
    """The door to files, with one file behind it."""

    def fetch(self, sha256: str) -> Path:
        """The file, whatever is asked for."""
        return Path(__file__).parent / "files/ett.csv"


def doors() -> dict[str, Any]:
    return {"entry": ENTRY, "files": Held()}
