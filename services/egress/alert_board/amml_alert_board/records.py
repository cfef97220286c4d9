"""An alert's record on its topic, as the control API takes it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TAKEN = ("workflow", "step", "key", "id", "state", "severity", "time", "value", "message")


class NoAlert(ValueError):
    """A record of the topic that is no alert."""


def alert_of(value: bytes | None, place: tuple[str, int, int], timestamp_ms: int) -> dict[str, Any]:
    """The alert in a record.

    Parameters:
        place: topic, partition and offset, which become the alert's `src`.
        timestamp_ms: of the record: when the alert was raised by a row without a time.
    Errors: NoAlert.

    >>> alert_of(b'{"workflow": "hot", "id": "a1", "row": "{}"}', ("t", 0, 7), 0)["time"]
    '1970-01-01T00:00:00+00:00'
    """
    try:
        found: Any = json.loads(value or b"")
    except ValueError as error:
        raise NoAlert(f"it is no JSON: {error}") from error
    if not isinstance(found, Mapping) or not found.get("workflow") or not found.get("id"):
        raise NoAlert("it has no `workflow` or no `id`")
    alert = {name: _clean(found.get(name)) for name in _TAKEN}
    raised = datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat()
    src = dict(zip(("topic", "partition", "offset"), place, strict=True))
    return alert | {
        "time": alert["time"] or raised,
        "message": alert["message"] or "",
        "src": src,
    }


def _clean(value: Any) -> Any:
    """Half surrogates, which JSON can hold and UTF-8 cannot, as escapes."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def place_of(alert: Mapping[str, Any]) -> str:
    """What alerts of one workflow, step and key have in common.

    >>> place_of({"workflow": "hot", "step": "alert", "key": None})
    '["hot", "alert", null]'
    """
    return json.dumps([alert["workflow"], alert["step"], alert["key"]])
