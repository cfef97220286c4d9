"""`alert`: a record for each row, the same one however often the row comes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from amml_egress.alert import Alert
from amml_runtime.batch import Batch, Row
from amml_runtime.component import Column
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import batch_of, feed

TIME = datetime(2016, 7, 1, tzinfo=UTC)
ROWS = batch_of({"_time": [TIME, TIME], "_key": ["a", None], "OT": [41.5, 42.0]})


class At(NamedTuple):
    workflow: str = "hot"
    label: str = "alert"
    run: int = 1


def alerts(batch: Batch = ROWS, at: At = At(), **arguments: Any) -> list[Row]:  # noqa: B008
    return [row for out in feed(Alert(**arguments, at=at), [batch]) for row in out.to_rows()]


def test_an_alert_says_what_where_and_when() -> None:
    first, second = alerts(severity="critical", message="too hot", value=Column("OT"))
    assert {name: value for name, value in first.items() if name != "id"} == {
        **{"_time": TIME, "_key": "a", "time": TIME, "key": "a"},
        **{"workflow": "hot", "step": "alert", "state": "firing", "severity": "critical"},
        **{"message": "too hot", "value": 41.5, "row": '{"OT":41.5}'},
    }
    assert (second["key"], second["value"]) == (None, 42.0)


def test_the_same_row_raises_the_same_alert() -> None:
    assert alerts() == alerts(ROWS.slice(0, 1)) + alerts(ROWS.slice(1))


@pytest.mark.parametrize(
    "other",
    [
        lambda: alerts(at=At(workflow="warm")),
        lambda: alerts(at=At(label="alert_2")),
        lambda: alerts(at=At(run=2)),
        lambda: alerts(batch_of({"_time": [TIME], "_key": ["b"], "OT": [41.5]})),
        lambda: alerts(batch_of({"_time": [None], "_key": ["a"], "OT": [41.5]})),
        lambda: alerts(batch_of({"_time": [TIME], "_key": ["a"], "OT": [41.6]})),
    ],
)
def test_another_row_step_or_run_raises_another_alert(other: Callable[[], list[Row]]) -> None:
    known = {row["id"] for row in alerts()}
    assert not known & {row["id"] for row in other()}


def test_alerts_go_to_the_topic_of_the_installation() -> None:
    assert Alert(at=At()).topic("amml") == "amml.alerts"


WATCHED = {
    "alert_id": ["a1", "a1", None, "a2"],
    "alert_state": ["firing", "resolved", None, "gone"],
    "severity": ["critical", None, "critical", "critical"],
    "value": [1200.0, 800.0, 1.0, 1.0],
}


def test_rows_that_say_which_alert_they_are_of_are_believed() -> None:
    first, last, own = alerts(batch_of(WATCHED))
    told = ("id", "state", "severity", "value")
    assert [first[name] for name in told] == ["a1", "firing", "critical", 1200.0]
    assert [last[name] for name in told] == ["a1", "resolved", "warning", 800.0]
    assert len(own["id"]) == 32 and [own[name] for name in told[1:3]] == ["firing", "warning"]


def test_a_state_that_there_is_not_goes_to_the_dead_letters() -> None:
    state = State()
    Alert(at=At()).process(batch_of(WATCHED), state, TIME)
    [refusal] = state.take_refused()
    assert refusal.rows.to_rows()[0]["alert_id"] == "a2"
    assert refusal.reason == "`alert_state` is none of pending, firing, resolved"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"alert_id": "a", "severity": "bad"}, "`severity` is none of info, warning, critical"),
        ({"alert_id": "a" * 201}, "`alert_id` is longer than 200 letters"),
        ({"_key": "k" * 10_001}, "`_key` is longer than 10,000 letters"),
    ],
)
def test_an_alert_that_could_be_kept_nowhere_goes_to_the_dead_letters(
    row: Row, reason: str
) -> None:
    state, batch = State(), batch_of({name: [value, None] for name, value in row.items()})
    assert Alert(at=At()).process(batch, state, TIME).rows == 1
    [refusal] = state.take_refused()
    assert (refusal.reason, refusal.rows.rows) == (reason, 1)


def test_the_short_name_of_a_severity_is_written_out() -> None:
    [row] = alerts(batch_of({"alert_id": ["a"], "severity": ["warn"]}))
    assert row["severity"] == "warning"


def test_a_column_called_severity_alone_changes_nothing() -> None:
    [row] = alerts(batch_of({"severity": ["critical"], "value": [3.0]}))
    assert (row["severity"], row["value"]) == ("warning", None)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="`severity` is 'bad', one of info, warning, critical"):
        Alert(severity="bad", at=At())
    with pytest.raises(ValueError, match="`message` is longer than 10,000 letters"):
        Alert(message="x" * 10_001, at=At())
    with pytest.raises(WorkflowFault, match="no column `x`; there are: OT"):
        alerts(value=Column("x"))
    with pytest.raises(WorkflowFault, match="column `s` is string"):
        alerts(batch_of({"s": ["1"]}), value=Column("s"))
