"""`rate`: change over time, between rows that have both."""

import pytest

from amml_runtime.testing import make, run

SECOND = 1_000_000


def test_a_rate_reaches_back_to_the_last_row_that_had_a_value() -> None:
    times = [0, SECOND, 2 * SECOND, 4 * SECOND]
    found = run("rate of=x", _time=times, x=[1.0, None, 5.0, 5.0])
    assert found["x_rate"] == [None, None, 2.0, 0.0]


def test_the_unit_of_time_is_chosen() -> None:
    found = run("rate of=x, per=1m", _time=[0, SECOND], x=[0.0, 1.0])
    assert found["x_rate"] == [None, 60.0]


def test_where_time_stands_still_or_goes_back_there_is_no_rate() -> None:
    times = [SECOND, SECOND, 0, None, 3 * SECOND]
    found = run("rate of=x", _time=times, x=[1.0, 2.0, 3.0, 4.0, 9.0])
    assert found["x_rate"] == [None, None, None, None, 2.0]


def test_a_counter_that_falls_has_begun_anew() -> None:
    times = [n * SECOND for n in range(4)]
    counted = run("rate of=x, counter=true", _time=times, x=[5.0, 8.0, 2.0, 3.0])
    plain = run("rate of=x", _time=times, x=[5.0, 8.0, 2.0, 3.0])
    assert counted["x_rate"] == [None, 3.0, 2.0, 1.0]
    assert plain["x_rate"] == [None, 3.0, -6.0, 1.0]


def test_keys_and_columns_are_apart() -> None:
    found = run(
        "rate x, y",
        _time=[0, 0, SECOND, SECOND],
        _key=["a", "b", "a", "b"],
        x=[1, 2, 3, 5],
        y=[0, 0, 1, 2],
    )
    assert found["x_rate"] == [None, None, 2.0, 3.0]
    assert found["y_rate"] == [None, None, 1.0, 2.0]


def test_no_time_is_no_unit() -> None:
    with pytest.raises(ValueError, match="no time at all"):
        make("rate of=x, per=0s")
