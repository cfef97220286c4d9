"""A record of the topic is an alert or is left out: none keeps the later ones from being told."""

import json
from typing import Any

import pytest

from amml_alert_board.records import NoAlert, alert_of

PLACE = ("amml.alerts", 0, 7)


def record(**more: Any) -> bytes:
    return json.dumps({"workflow": "hot", "id": "a1", "state": "firing"} | more).encode()


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", '{"a": [NaN]}'])
def test_an_alert_whose_value_json_cannot_hold_is_an_alert_all_the_same(value: str) -> None:
    text = b'{"workflow": "hot", "id": "a1", "value": ' + value.encode() + b"}"
    found = alert_of(text, PLACE, 0)
    assert found["id"] == "a1"
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "timestamp_ms"),
    [
        (None, 0),
        (b"[" * 100_000, 0),
        (b"\xff", 0),
        (b"1" * 5000, 0),
        (record(value=json.loads("[" * 100 + "]" * 100)), 0),
        (record(), 10**18),
        (record(), -(10**18)),
    ],
)
def test_whatever_else_a_record_holds_it_is_left_out(value: bytes, timestamp_ms: int) -> None:
    with pytest.raises(NoAlert):
        alert_of(value, PLACE, timestamp_ms)


def test_half_letters_are_escaped_wherever_they_are() -> None:
    found = alert_of(record(message="\ud800", value={"\ud800": ["\ud801"]}), PLACE, 0)
    assert (found["message"], found["value"]) == ("\\ud800", {"\\ud800": ["\\ud801"]})
