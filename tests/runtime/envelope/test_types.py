"""Connect's types: what column each becomes, and what is no such value."""

import base64
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_language.columns import load
from amml_runtime.envelope.types import kind_of

CONNECT = "org.apache.kafka.connect.data."
TIME = "io.debezium.time."
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000)
MS = int(AT.replace(tzinfo=UTC).timestamp() * 1000)
NOON = timedelta(hours=12)


def schema(type_: str, name: str = "", **parameters: str) -> dict[str, Any]:
    return {"type": type_, "name": name or None, "parameters": parameters or None}


def unscaled(number: int) -> str:
    size = number.bit_length() // 8 + 1
    return base64.b64encode(number.to_bytes(size, "big", signed=True)).decode()


GOOD = [
    (schema("int8"), -128, -128),
    (schema("int16"), 1, 1),
    (schema("int32"), 2**31 - 1, 2**31 - 1),
    (schema("int64"), -(2**63), -(2**63)),
    (schema("float"), 1.5, 1.5),
    (schema("double"), 2, 2.0),
    (schema("double"), 2**60 + 1, float(2**60)),
    (schema("double"), "-Infinity", -math.inf),
    (schema("boolean"), True, True),
    (schema("string"), "ü", "ü"),
    (schema("bytes"), "AQI=", "AQI="),
    (schema("struct"), {"a": {"b": [1]}}, '{"a":{"b":[1]}}'),
    (schema("array"), [1, None], "[1,null]"),
    (schema("map"), [["k", 1]], '[["k",1]]'),
    (schema("string", "io.debezium.data.Uuid"), "0c-1", "0c-1"),
    (schema("int32", TIME + "Year"), 2026, 2026),
    (schema("int64", CONNECT + "Timestamp"), MS, AT.replace(tzinfo=UTC)),
    (schema("int64", CONNECT + "Timestamp"), -1, datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)),
    (schema("int32", CONNECT + "Date"), -1, datetime(1969, 12, 31)),
    (schema("int32", CONNECT + "Time"), 43_200_000, NOON),
    (schema("bytes", CONNECT + "Decimal", scale="2"), unscaled(-12_345), -123.45),
    (schema("bytes", CONNECT + "Decimal", scale="-2"), unscaled(3), 300.0),
    (schema("bytes", CONNECT + "Decimal", scale="30"), unscaled(10**29), 0.1),
    (schema("bytes", CONNECT + "Decimal"), 12.5, 12.5),
    (schema("int64", TIME + "Timestamp"), MS, AT),
    (schema("int64", TIME + "MicroTimestamp"), MS * 1000 + 9, AT.replace(microsecond=678_009)),
    (schema("int64", TIME + "NanoTimestamp"), MS * 10**6 + 9_999, AT.replace(microsecond=678_009)),
    (schema("int64", TIME + "NanoTimestamp"), -1, datetime(1969, 12, 31, 23, 59, 59, 999_999)),
    (
        schema("string", TIME + "ZonedTimestamp"),
        "2026-01-02T03:04:05.678001234+09:00",
        datetime(2026, 1, 1, 18, 4, 5, 678_001, UTC),
    ),
    (schema("int32", TIME + "Date"), 365, datetime(1971, 1, 1)),
    (schema("int32", TIME + "Time"), 43_200_000, NOON),
    (schema("int64", TIME + "MicroTime"), 43_200_000_000, NOON),
    (schema("int64", TIME + "NanoTime"), 43_200_000_000_999, NOON),
    (schema("int64", TIME + "MicroDuration"), -1, timedelta(microseconds=-1)),
    (schema("string", TIME + "ZonedTime"), "12:00:00Z", "12:00:00Z"),
    (
        schema("struct", "io.debezium.data.VariableScaleDecimal"),
        {"scale": 1, "value": unscaled(125)},
        12.5,
    ),
]

BAD = [
    (schema("int32"), 1.0),
    (schema("int32"), True),
    (schema("int64"), 2**63),
    (schema("double"), "1"),
    (schema("double"), True),
    (schema("boolean"), 1),
    (schema("string"), 1),
    (schema("bytes"), [1]),
    (schema("struct"), "{}"),
    (schema("int64", CONNECT + "Timestamp"), 253_402_300_800_000),
    (schema("int64", CONNECT + "Timestamp"), -62_135_596_800_001),
    (schema("int64", CONNECT + "Timestamp"), 2**62),
    (schema("int64", CONNECT + "Timestamp"), "2026-01-01"),
    (schema("int32", CONNECT + "Date"), 10**15),
    (schema("int32", CONNECT + "Date"), 10**7),
    (schema("int32", CONNECT + "Time"), 2**62),
    (schema("int64", TIME + "MicroTime"), 1.5),
    (schema("bytes", CONNECT + "Decimal", scale="2"), "???"),
    (schema("bytes", CONNECT + "Decimal", scale="1000000000"), unscaled(1)),
    (schema("bytes", CONNECT + "Decimal", scale="-400"), unscaled(10)),
    (schema("bytes", CONNECT + "Decimal"), True),
    (schema("string", TIME + "ZonedTimestamp"), "2026-01-02T03:04:05"),
    (schema("string", TIME + "ZonedTimestamp"), "9999-12-31T23:59:59-09:00"),
    (schema("struct", "io.debezium.data.VariableScaleDecimal"), {"value": "AQ=="}),
]


@pytest.mark.parametrize(("form", "written", "expected"), GOOD)
def test_a_value_is_read_alone_and_among_others(form: Any, written: Any, expected: Any) -> None:
    for values in ([written], [None, written], [written, object()]):
        column, wrong = kind_of(form).column(values)
        assert column.to_pylist()[values.index(written)] == expected
        assert wrong == ([1] if len(values) == 2 and values[0] is written else [])


@pytest.mark.parametrize(("form", "written"), BAD)
def test_what_is_no_such_value_harms_no_other(form: Any, written: Any) -> None:
    [good] = [each for kind, each, _ in GOOD if kind == form][:1] or [None]
    column, wrong = kind_of(form).column([good, written, None])
    assert (wrong, column.is_valid().to_pylist()) == ([1], [good is not None, False, False])


@pytest.mark.parametrize("form", [form for form, *_ in GOOD])
def test_every_column_is_of_a_type_that_scripts_compute_with(form: Any) -> None:
    assert load(kind_of(form).column([])[0]) is not None


@pytest.mark.parametrize("type_", ["decimal", "", None, 1, ["int32"]])
def test_a_type_that_connect_has_not_is_refused(type_: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        kind_of({"type": type_})


@given(st.integers(-(2**100), 2**100), st.integers(0, 40))
def test_a_decimal_is_the_nearest_number(number: int, scale: int) -> None:
    from decimal import Decimal

    form = schema("bytes", CONNECT + "Decimal", scale=str(scale))
    column, _ = kind_of(form).column([unscaled(number)])
    assert column.type == pa.float64()
    assert column.to_pylist() == [float(Decimal(number).scaleb(-scale))]
