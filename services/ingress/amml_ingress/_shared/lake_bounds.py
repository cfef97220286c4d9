"""What is known of a data set before any of it is read: its columns, and times as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from amml_runtime.batch import Batch


def bound(name: str, text: str, zone: str) -> int | None:
    """A time in microseconds since 1970 UTC; None where none is given.

    Errors: ValueError, with what was expected.

    >>> bound("from", "2022-04-01", "Asia/Seoul"), bound("to", "", "UTC")
    (1648738800000000, None)
    """
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        local = time if time.tzinfo else time.replace(tzinfo=ZoneInfo(zone))
        return round(local.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        raise ValueError(
            f'`{name}` is {text!r}, a time is "2022-04-01" or "2022-04-01T12:00"'
        ) from None


def columns_of(entry: Mapping[str, Any]) -> Batch:
    """The columns of a data set's entry, as a batch without rows."""
    import pyarrow as pa

    from amml_lake.arrow_types import schema_of

    schema = schema_of(entry["columns"])
    if schema is None:
        return Batch.empty()
    return Batch(pa.RecordBatch.from_pylist([], schema=schema))
