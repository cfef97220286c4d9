"""Batches cross the wire whole, in messages that Kafka takes."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime import wire
from amml_runtime.batch import Batch
from amml_runtime.errors import LedgerBroken

META = {"kind": "minmax", "min": 0.0, "max": 1.0}


def decoded(batch: Batch) -> Batch:
    return Batch.concat([wire.decode(data) for _, data in wire.encode(batch) if data is not None])


@given(st.lists(st.fixed_dictionaries({"a": st.none() | st.integers(0, 9), "b": st.text()})))
def test_a_batch_arrives_as_it_was_sent(rows: list[dict[str, int | str | None]]) -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    batch = Batch.from_rows(rows, schema)
    assert decoded(batch).data.equals(batch.data)


def test_metadata_arrives_with_its_column() -> None:
    batch = Batch.from_rows([{"a": 1.0}]).with_column("a", pa.array([0.5]), META)
    assert decoded(batch).meta("a") == META


def test_a_sliced_batch_sends_only_its_rows() -> None:
    batch = Batch.from_rows([{"n": n} for n in range(10_000)])
    ((_, data),) = wire.encode(batch.slice(5, 2))
    assert data is not None and len(data) < 2000
    assert [row["n"] for row in wire.decode(data).to_rows()] == [5, 6]


def test_messages_stay_under_both_limits() -> None:
    batch = Batch.from_rows([{"t": "x" * 1000} for _ in range(25_000)])
    encoded = list(wire.encode(batch))
    assert sum(rows.rows for rows, _ in encoded) == 25_000
    for rows, data in encoded:
        assert rows.rows <= wire.MAX_ROWS
        assert data is not None and len(data) <= wire.MAX_BYTES


def test_one_row_too_large_is_given_back_and_the_others_are_sent() -> None:
    batch = Batch.from_rows([{"t": "a"}, {"t": "x" * 1_000_000}, {"t": "b"}])
    encoded = list(wire.encode(batch))
    assert [rows.rows for rows, data in encoded if data is None] == [1]
    assert sum(rows.rows for rows, data in encoded if data is not None) == 2


@given(st.binary(max_size=200))
def test_broken_bytes_are_refused_as_broken(data: bytes) -> None:
    with pytest.raises((pa.ArrowInvalid, OSError, StopIteration)):
        wire.decode(data)


def test_a_message_of_another_format_stops_the_reader() -> None:
    with pytest.raises(LedgerBroken, match="format"):
        wire.read_headers([("amml-v", b"2")])
    with pytest.raises(LedgerBroken, match="format"):
        wire.read_headers(None)
