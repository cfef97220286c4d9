"""`downsample`: a row for each hour, with the columns it knows."""

import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

HOUR = 3_600_000_000
TIMES = [0, HOUR // 2, HOUR, 3 * HOUR]


def test_columns_of_numbers_keep_their_names_and_the_others_go() -> None:
    found = run(
        "downsample 1h", _time=TIMES, a=[1, 2, 3, 4], b=[1.0, None, 5.0, 6.0], c=list("wxyz")
    )
    assert {name: found[name] for name in found if name != "_time"} == {
        "a": [1.5, 3.0, 4.0],
        "b": [1.0, 5.0, 6.0],
    }


def test_an_hour_without_rows_has_no_row() -> None:
    found = run("downsample 1h, of=a", _time=TIMES, a=[1, 2, 3, 4])
    assert [time.hour for time in found["_time"]] == [0, 1, 3]


def test_a_count_is_a_whole_number() -> None:
    found = run('downsample 1h, agg="count"', _time=TIMES, a=[1.0, None, float("nan"), 4.0])
    assert found["a"] == [1, 0, 1]
    assert all(type(count) is int for count in found["a"])


def test_keys_are_apart() -> None:
    found = run("downsample 1h", _time=[0, 1, 2], _key=["b", None, "b"], a=[1.0, 5.0, 3.0])
    assert (found["_key"], found["a"]) == ([None, "b"], [5.0, 2.0])


def test_what_the_first_rows_had_must_stay() -> None:
    step, state = make("downsample 1h"), State()
    step.process(batch_of({"_time": [1], "a": [1.0]}), state, NOW)
    with pytest.raises(WorkflowFault, match="no column `a`"):
        step.process(batch_of({"_time": [2], "b": [1.0]}), state, NOW)


def test_no_rows_at_all_end_without_a_word() -> None:
    assert feed(make("downsample 1h"), [Batch.empty()]) == []


def test_several_aggregates_are_for_window() -> None:
    with pytest.raises(ValueError, match='`agg` has "mean,max"'):
        make('downsample 1h, agg="mean,max"')
