"""The doors of the ingress components: a little file, as the source catalogue knows it."""

from pathlib import Path
from types import SimpleNamespace
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


class Broker:
    """The door to an MQTT broker, with two messages, from which the third look is forbidden."""

    def open(self, *_: Any) -> None:
        """There is nothing to open."""
        self._messages = [(b'{"co2": 412}', "hall/1/co2"), (b'{"co2": 415}', "hall/2/co2")]

    def take(self, most: int) -> list[Any]:
        """One message at a time."""
        taken, self._messages = self._messages[:1], self._messages[1:]
        return [SimpleNamespace(payload=p, topic=t, arrived_ms=0) for p, t in taken]


def doors() -> dict[str, Any]:
    broker = "amml_ingress._shared.subscriber:Subscriber"
    tables = "amml_ingress._shared.tables:Tables"
    lake = "amml_ingress._shared.lake_history:LakeHistory"
    return {"entry": ENTRY, "files": Held(), tables: None, lake: None, broker: Broker()}
