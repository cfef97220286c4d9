"""JSON records at the edges: what is read, what is written, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime import records
from amml_runtime.errors import RecordRefused
from amml_runtime.records import Record

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def read(value: bytes | None, key: bytes | None = None) -> dict[str, Any]:
    return records.read(Record(value, key, 1000))


def test_a_record_becomes_a_row_with_the_messages_key_and_time() -> None:
    row = read(b'{"co2": 412, "on": true, "name": "x", "none": null}', b"k1")
    assert row == {
        "co2": 412.0,
        "on": True,
        "name": "x",
        "none": None,
        "_key": "k1",
        "_time": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    }


def test_a_connect_envelope_is_opened() -> None:
    envelope = {"schema": {"type": "struct"}, "payload": {"co2": 1}}
    assert read(json.dumps(envelope).encode())["co2"] == 1.0


def test_a_rows_own_time_wins() -> None:
    assert read(b'{"_time": "2026-01-01T12:00:00Z"}')["_time"] == AT


def test_nested_values_are_their_json_text() -> None:
    assert read(b'{"a": {"b": [1]}}')["a"] == '{"b":[1]}'


@pytest.mark.parametrize(
    "value",
    [None, b"", b"{", b"\xff\xfe", b"[1]", b"12", b"null", b'{"_time": "soon"}',
     b'{"_time": "0001-01-01T00:00:00+05:00"}', b'{"_time": "9999-12-31T23:59:59-05:00"}',
     b'{"a": NaN}',
     b'{"a": Infinity}', b"[" * 1_000_000, b'{"a":' * 100_000,
     b'{"a":' + b"[" * 300 + b"]" * 300 + b"}"],
)  # fmt: skip
def test_what_is_no_record_is_refused_with_a_reason(value: bytes | None) -> None:
    with pytest.raises(RecordRefused) as refused:
        read(value)
    assert refused.value.reason


@given(st.binary())
def test_any_bytes_give_a_row_or_a_reason(value: bytes) -> None:
    try:
        read(value, value)
    except RecordRefused as refusal:
        assert refusal.reason


@given(st.lists(st.dictionaries(st.sampled_from("abc"), ANY_JSON), min_size=1, max_size=5))
def test_any_rows_become_columns(rows: list[dict[str, Any]]) -> None:
    texts = [json.dumps(row, allow_nan=False) for row in rows if _finite(row)]
    batch = records.to_batch([read(text.encode()) for text in texts]) if texts else None
    assert batch is None or batch.rows == len(texts)


def test_a_written_row_reads_back() -> None:
    key, value = records.write({"_time": AT, "_key": "k", "OT": 30.5, "ok": None})
    assert read(value, key) == {"_time": AT, "_key": "k", "OT": 30.5, "ok": None}


def _finite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
        read(json.dumps(value).encode())
    except (ValueError, RecordRefused):
        return False
    return True
