"""`dedup`: each row once."""

import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import NOW, make, run

MINUTE = 60_000_000


def test_a_repeat_within_is_left_out_and_a_later_one_is_not() -> None:
    times = [at * MINUTE for at in (0, 5, 10, 11)]
    found = run("dedup by=id, within=10m", _time=times, id=["a"] * 4)
    assert [time.minute for time in found["_time"]] == [0, 11]


def test_a_repeat_is_one_of_the_same_key() -> None:
    found = run("dedup by=id", _time=[0, 0, 1, 1], _key=["a", "b", "a", None], id=[1, 1, 1, 1])
    assert found["_key"] == ["a", "b", None]


def test_without_by_rows_are_repeats_if_all_is_the_same() -> None:
    found = run("dedup", _time=[0, 0, 0, 1], x=[1, 1, 2, 1])
    assert found["x"] == [1, 2, 1]


def test_null_is_a_value_of_its_own() -> None:
    found = run("dedup by=[a, b]", _time=[0, 0, 0], a=[None, "", None], b=[1, 1, 1])
    assert found["a"] == [None, ""]


def test_a_row_older_than_what_is_remembered_is_late() -> None:
    rows = [{"_time": at * MINUTE, "id": at} for at in (0, 30, 25, 10)]
    state = State()
    output = make("dedup by=id, within=10m").process(Batch.from_rows(rows), state, NOW)
    assert output.column("id").to_pylist() == [0, 30, 25]
    (refusal,) = state.take_refused()
    assert (refusal.reason, refusal.rows.column("id").to_pylist()) == ("late", [10])


def test_what_no_row_can_repeat_is_forgotten() -> None:
    state, step, sizes = State(), make("dedup by=id, within=1m"), []
    for minute in range(100):
        rows = [{"_time": minute * MINUTE + n, "id": minute * 10 + n} for n in range(10)]
        step.process(Batch.from_rows(rows), state, NOW)
        state.keep()
        sizes.append(len(state))
    assert max(sizes) < 100


def test_a_row_from_the_future_does_not_stop_the_forgetting() -> None:
    state, step, sizes = State(), make("dedup by=id, within=1m"), []
    step.process(Batch.from_rows([{"_time": 10**16, "_key": "odd", "id": -1}]), state, NOW)
    for minute in range(100):
        rows = [{"_time": minute * MINUTE + n, "id": minute * 10 + n} for n in range(10)]
        step.process(Batch.from_rows(rows), state, NOW)
        state.keep()
        sizes.append(len(state))
    assert max(sizes) < 100


def test_a_missing_column_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `id`"):
        run("dedup by=id", _time=[0], x=[1])


def test_nothing_is_remembered_for_no_time() -> None:
    with pytest.raises(ValueError, match="within"):
        make("dedup within=0s")
