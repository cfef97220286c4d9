"""JSON records, one a message: how rows look at the edges (named topics, alerts, Connect)."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow as pa

from amml_runtime.batch import KEY, TIME, TIME_TYPE, Array, Batch, Row
from amml_runtime.errors import RecordRefused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """One message of a named topic."""

    value: bytes | None
    key: bytes | None
    timestamp_ms: int


def read(record: Record) -> Row:
    """The row a record holds: plain JSON, or Connect's `schema` + `payload` envelope.

    Numbers are floats, nested values their JSON text, so that a column keeps its type from
    record to record. `_time` is the record's own, or else the message's time; `_key` the message's
    key. Raises `RecordRefused`.

    >>> read(Record(b'{"co2": 412, "at": {"x": 1}}', b"k", 1000))["co2"]
    412.0
    """
    return row_of(parsed(record.value), record.key, record.timestamp_ms)


def row_of(document: Any, key: bytes | None, timestamp_ms: int) -> Row:
    """The row of a document that is parsed already, as `read` gives it; raises `RecordRefused`."""
    fields = opened(document)
    if not isinstance(fields, dict):
        raise RecordRefused(f"a record must be a JSON object, not {type(fields).__name__}")
    row: Row = {str(name): _plain(value) for name, value in fields.items()}
    row[TIME] = time_of(fields.get(TIME), timestamp_ms)
    row[KEY] = text(key)
    return row


def write(row: Mapping[str, Any]) -> tuple[bytes | None, bytes]:
    """A row as the key and value of a message.

    >>> write({"_time": EPOCH, "_key": "k", "OT": 30.5})
    (b'k', b'{"_time":"1970-01-01T00:00:00Z","OT":30.5}')
    """
    key = row.get(KEY)
    content = {name: value for name, value in row.items() if name != KEY}
    if content.get(TIME) is None:
        content.pop(TIME, None)
    return None if key is None else str(key).encode(), dump(content)


def dump(value: Any) -> bytes:
    """JSON with times as ISO 8601 in UTC; bytes as base64."""
    return orjson.dumps(value, default=_other, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def read_each(records: Iterable[Record]) -> tuple[Batch, dict[int, str]]:
    """The rows of records, and why each that is none was refused, by its place among them."""
    rows: list[Row] = []
    refused: dict[int, str] = {}
    for at, record in enumerate(records):
        try:
            rows.append(read(record))
        except RecordRefused as refusal:
            refused[at] = refusal.reason
    return to_batch(rows), refused


def to_batch(rows: Sequence[Row]) -> Batch:
    """Rows as columns; a column whose rows disagree on the type becomes text."""
    names = dict.fromkeys([TIME, KEY, *(name for row in rows for name in row)])
    values = {name: [row.get(name) for row in rows] for name in names}
    times, keys = pa.array(values.pop(TIME), TIME_TYPE), pa.array(values.pop(KEY), pa.string())
    columns = {name: column(each) for name, each in values.items()}
    return Batch(pa.RecordBatch.from_pydict({TIME: times, KEY: keys, **columns}))


def column(values: Sequence[Any]) -> Array:
    """The values of JSON as a column; where they disagree on the type it becomes text.

    >>> column([412, None, 0.5]).to_pylist(), column([412, True, [1]]).to_pylist()
    ([412.0, None, 0.5], ['412.0', 'true', '[1]'])
    """
    found = set(map(type, values)) - {type(None)}
    if found <= {float}:
        return pa.array(values, pa.float64()) if found else pa.nulls(len(values))
    if found in ({str}, {bool}):
        return pa.array(values)
    plain = list(map(_plain, values))
    if not found <= {int, float}:
        plain = [v if v is None or isinstance(v, str) else json.dumps(v) for v in plain]
    return pa.array(plain)


def opened(document: Any) -> Any:
    """The payload of Connect's envelope; of anything else, itself."""
    if isinstance(document, dict) and document.keys() == {"schema", "payload"}:
        return document["payload"]
    return document


def parsed(value: bytes | None) -> Any:
    """The JSON document in a message; raises `RecordRefused`."""
    if value is None:
        raise RecordRefused("the record is empty")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise RecordRefused(f"not JSON: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return float(value)
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:  # it reads deeper nesting than it writes
        raise RecordRefused(f"a value is nested too deeply: {error}") from error


def time_of(written: Any, timestamp_ms: int) -> datetime:
    """The record's own `_time`, ISO text as `write` gives it, or the message's time."""
    try:
        if not isinstance(written, str):
            return EPOCH + timedelta(milliseconds=timestamp_ms)
        found = datetime.fromisoformat(written)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        said = repr(written)[:40] if isinstance(written, str) else f"{timestamp_ms} ms"
        raise RecordRefused(f"`_time` is no time between year 1 and 9999: {said}") from error


def text(key: bytes | None) -> str | None:
    """A message's key; raises `RecordRefused` where it is no text."""
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise RecordRefused(f"the key is not UTF-8: {key[:40]!r}") from error


def _other(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form")
