"""Records read by column: the same rows and refusals as one by one, whatever they hold."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime import record_columns, records
from amml_runtime.batch import Batch
from amml_runtime.records import Record

AT_MS = 1_700_000_000_000
Strategy = st.SearchStrategy[Any]
SCALARS: Strategy = (
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False)
    | st.text(max_size=3) | st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", "1", "\x00"])
)  # fmt: skip
ANY_JSON: Strategy = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(["a", "b", "payload", "schema", "_time", "_key"])
DOCUMENTS = st.dictionaries(NAMES, ANY_JSON, max_size=4)
ENVELOPES = st.fixed_dictionaries({"schema": st.none(), "payload": DOCUMENTS | ANY_JSON})
ALIKE = st.fixed_dictionaries({"a": st.integers(-9, 9) | st.floats(0, 1), "b": st.text()})
ODD = [
    None, b"", b"{", b"{}", b"[]", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b'\xef\xbb\xbf{"a": 1}',
    b'{"a": 1},{"a": 2}', b'{"a": 1', b'"b": 2}', b'{"a": 1, "a": "x"}', b'{\n "a": [1,\n 2]\n}\n',
    b'{"a": -0}', b'{"a": -0.0}', b'{"a": 18446744073709551616}', b'{"a": "\\u0000"}',
    b'{"a": "\\ud800"}', b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", b'{"a":' * 2000,
    b'{"_time": "2026-02-30"}', b'{"_time": "9999-12-31T23:59:59-05:00"}', b'{"_time": 1}',
]  # fmt: skip


def text_of(value: object) -> bytes:
    """As JSON; whole numbers of any size, which orjson writes none of."""
    return json.dumps(value, ensure_ascii=False).encode()


VALUES = (DOCUMENTS | ENVELOPES | ALIKE | ANY_JSON).map(text_of)
KEYS = st.none() | st.sampled_from([b"k", b"", b"\x00", "ü".encode(), b"\xed\xa0\x80"])
STAMPS = st.just(AT_MS) | st.sampled_from([-1, 0, -62_135_596_800_001, 253_402_300_800_000])
MESSAGES = st.tuples(VALUES | st.sampled_from(ODD) | st.binary(max_size=4), KEYS, STAMPS)
ALIKE_MESSAGES = st.tuples(ALIKE.map(text_of), st.just(b"k"), st.just(AT_MS))


def both_agree(messages: Sequence[tuple[bytes | None, bytes | None, int]]) -> None:
    values, keys, stamps = zip(*messages, strict=True)
    batch, refused = record_columns.read_all(values, keys, stamps)
    expected, expected_refused = records.read_each(Record(*each) for each in messages)
    assert refused == expected_refused
    assert batch.schema.equals(expected.schema, check_metadata=True)
    assert repr(batch.to_rows()) == repr(expected.to_rows())  # 0.0 and -0.0 are not the same


@given(st.lists(MESSAGES, min_size=1, max_size=6))
def test_any_messages_read_by_column_as_one_by_one(
    messages: list[tuple[bytes | None, bytes | None, int]],
) -> None:
    both_agree(messages)


@given(st.lists(ALIKE_MESSAGES, min_size=1, max_size=8), MESSAGES)
def test_one_odd_message_among_ordinary_ones(
    messages: list[tuple[bytes | None, bytes | None, int]],
    odd: tuple[bytes | None, bytes | None, int],
) -> None:
    both_agree([*messages, odd, *messages])


@pytest.mark.parametrize("odd", ODD)
def test_every_odd_value_among_ordinary_ones(odd: bytes | None) -> None:
    ordinary = (b'{"a": 1}', b"k", AT_MS)
    both_agree([ordinary, (odd, b"k", AT_MS), ordinary])


def test_columns_of_one_type_keep_it_and_others_become_text() -> None:
    values = [b'{"n": 1, "t": "x", "b": true, "m": 1.5}', b'{"n": 2.5, "m": true}']
    batch, _ = record_columns.read_all(values, [None, None], [0, 0])
    types = {name: str(batch.column(name).type) for name in batch.names}
    assert types == {"n": "double", "t": "string", "b": "bool", "m": "string"}


def test_a_whole_number_no_float_holds_is_the_nearest_one() -> None:
    values = [b'{"a": 9007199254740993}', b'{"a": 18446744073709551615}']
    batch, _ = record_columns.read_all(values, [None, None], [0, 0])
    assert batch.column("a").to_pylist() == [float(2**53 + 1), float(2**64 - 1)]


def test_no_record_that_can_be_read_is_an_empty_batch() -> None:
    batch, refused = record_columns.read_all([b"?", None], [None, None], [0, 0])
    assert isinstance(batch, Batch) and batch.rows == 0
    assert list(refused) == [0, 1]


def test_reading_costs_no_further_import() -> None:
    code = (
        "import sys\nfrom amml_runtime.memory import leave_pandas_out\nleave_pandas_out()\n"
        "from amml_runtime.record_columns import read_all\n"
        "read_all([b'{\"a\": 1}'], [b'k'], [0])\nprint('numpy.ma' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
