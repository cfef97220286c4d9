"""`surveillance`: an alert for each trouble of a key, told when it begins and when it is over."""

from types import SimpleNamespace
from typing import Any

import pytest

from amml_runtime.batch import Batch
from amml_runtime.testing import batch_of, feed, make

MINUTE = 60_000_000
DOORS = {"step": SimpleNamespace(workflow="co2", label="watch", run=1)}


def told(text: str, values: list[Any], keys: list[Any] | None = None) -> list[tuple[int, str]]:
    """The minutes at which something is said, and what."""
    times = [n * MINUTE for n in range(len(values))]
    columns = {"_time": times, "co2": values} | ({"_key": keys} if keys else {})
    output = feed(make(f"surveillance cond = co2 > 1000, {text}", DOORS), [batch_of(columns)])
    return [(row["_time"].minute, row["alert_state"]) for row in _rows(output)]


def _rows(batches: list[Batch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_rows()]


def test_it_is_told_once_and_again_when_it_is_over() -> None:
    values = [800, 1200, 1300, 1100, 900, 800, 1500]
    assert told("severity='warn'", values) == [(1, "firing"), (4, "resolved"), (6, "firing")]


def test_for_wants_the_condition_to_hold_without_a_break() -> None:
    values = [1200, 1200, 800, 1200, 1200, 1200, 1200]
    assert told("for=3m", values) == [(6, "firing")]


def test_clear_keeps_it_from_flapping() -> None:
    values = [1200, 950, 1200, 990, 899, 1200]
    expected = [(0, "firing"), (4, "resolved"), (5, "firing")]
    assert told("clear = co2 < 900", values) == expected


def test_a_value_that_is_missing_changes_nothing() -> None:
    assert told("for=3m", [1200, None, None, 1200, None, 800]) == [(3, "firing"), (5, "resolved")]


def test_quiet_lets_an_alert_of_the_same_key_wait() -> None:
    values = [1200, 800, 1200, 800, 1200, 1200, 1200]
    assert told("quiet=5m", values) == [(0, "firing"), (1, "resolved"), (5, "firing")]


def test_each_key_has_its_own_life() -> None:
    found = told("for=2m", [1200, 1200, 1200, 800, 1200], ["a", "b", "a", "b", "a"])
    assert found == [(2, "firing")]


def test_beginning_and_end_have_one_id_and_the_next_alert_another() -> None:
    columns = {"_time": [0, MINUTE, 2 * MINUTE], "co2": [1200, 800, 1200]}
    first, over, second = _rows(
        feed(make("surveillance cond = co2 > 1000", DOORS), [batch_of(columns)])
    )
    assert first["alert_id"] == over["alert_id"] != second["alert_id"]


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(ValueError, match="one of info, warning, critical"):
        make("surveillance cond = co2 > 1000, severity='bad'", DOORS)
