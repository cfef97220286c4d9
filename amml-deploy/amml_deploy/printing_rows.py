"""Rows of a topic as lines a person reads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from amml_deploy.output import cell


def row_line(row: Mapping[str, Any]) -> str:
    """One row: its time, its key, then its columns; control characters are escaped.

    >>> row_line({"_time": None, "_key": "k", "OT": 30.5, "note": "a\\x07"})
    '[k] OT=30.5 note=a\\\\x07'
    """
    parts = [f"{cell(name)}={_value(value)}" for name, value in row.items() if name[:1] != "_"]
    key, time = row.get("_key"), row.get("_time")
    before = [] if time is None else [_value(time)]
    before += [] if key is None else [f"[{cell(key)}]"]
    return " ".join(before + parts)


def plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else value


def _value(value: Any) -> str:
    return "null" if value is None else cell(plain(value))
