"""An alert's record on its topic, as the control API takes it."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TAKEN = ("workflow", "step", "key", "id", "state", "severity", "time", "value", "message")
_DEEPEST = 40


class NoAlert(ValueError):
    """A record of the topic that is no alert."""


def alert_of(value: bytes | None, place: tuple[str, int, int], timestamp_ms: int) -> dict[str, Any]:
    """The alert in a record.

    Parameters:
        place: topic, partition and offset, which become the alert's `src`.
        timestamp_ms: of the record: when the alert was raised by a row without a time.
    Errors: NoAlert, whatever a record holds. NaN and infinity, which are no JSON, become null.

    >>> alert_of(b'{"workflow": "hot", "id": "a1", "row": "{}"}', ("t", 0, 7), 0)["time"]
    '1970-01-01T00:00:00+00:00'
    """
    try:
        return _alert_of(_read(value or b""), place, timestamp_ms)
    except NoAlert:
        raise
    except (ValueError, RecursionError, OverflowError, OSError) as error:
        raise NoAlert(f"it cannot be read: {error}") from error


def _read(value: bytes) -> Any:
    return json.loads(value, parse_constant=lambda _: None, parse_float=_finite)


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _alert_of(found: Any, place: tuple[str, int, int], timestamp_ms: int) -> dict[str, Any]:
    if not isinstance(found, Mapping) or not found.get("workflow") or not found.get("id"):
        raise NoAlert("it has no `workflow` or no `id`")
    alert = {name: _clean(found.get(name)) for name in _TAKEN}
    src = dict(zip(("topic", "partition", "offset"), place, strict=True))
    return alert | {
        "time": alert["time"] or datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(),
        "message": alert["message"] or "",
        "src": src,
    }


def _clean(value: Any, depth: int = 0) -> Any:
    """Half surrogates, which JSON can hold and UTF-8 cannot, as escapes."""
    if depth > _DEEPEST:
        raise NoAlert(f"its value is nested more than {_DEEPEST} deep")
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_clean(name): _clean(each, depth + 1) for name, each in value.items()}
    return [_clean(each, depth + 1) for each in value] if isinstance(value, list) else value


def place_of(alert: Mapping[str, Any]) -> str:
    """What alerts of one workflow, step and key have in common.

    >>> place_of({"workflow": "hot", "step": "alert", "key": None})
    '["hot", "alert", null]'
    """
    return json.dumps([alert["workflow"], alert["step"], alert["key"]])
