"""`upsample`: rows on the line between neighbours, and none beyond."""

import numpy as np
import pandas as pd
import pytest

from amml_runtime.batch import Batch
from amml_runtime.laws import Trial, agree, outcome_of
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run

MINUTE = 60_000_000


def test_it_interpolates_as_pandas_does() -> None:
    random = np.random.Generator(np.random.Philox(1))
    times = np.cumsum(random.integers(1, 9, 200)) * MINUTE
    values = random.normal(0, 1, 200)
    found = run("upsample every=1m", _time=times.tolist(), x=values.tolist())
    series = pd.Series(values, pd.to_datetime(times, unit="us", utc=True))
    expected = series.resample("1min").interpolate("linear")
    assert found["_time"] == list(expected.index)
    assert found["x"] == pytest.approx(expected.tolist())
    assert found["upsampled"].count(False) == 200


def test_every_other_column_is_as_in_the_row_before() -> None:
    found = run(
        "upsample every=1m", _time=[0, 2 * MINUTE], x=[1, 3], unit=["C", "F"], ok=[True, False]
    )
    assert (found["x"], found["unit"]) == ([1.0, 2.0, 3.0], ["C", "C", "F"])
    assert found["ok"] == [True, True, False]


def test_previous_repeats_the_row_before_in_its_own_type() -> None:
    found = run('upsample every=1m, method="previous"', _time=[0, 2 * MINUTE], x=[2**60 + 1, 3])
    assert found["x"] == [2**60 + 1, 2**60 + 1, 3]


def test_no_row_is_put_where_the_next_one_stands() -> None:
    found = run("upsample every=1m", _time=[0, MINUTE, MINUTE + 1], x=[1, 2, 3])
    assert found["upsampled"] == [False, False, False]


def test_a_pause_is_left_open() -> None:
    found = run("upsample every=1m, most=2", _time=[0, 3 * MINUTE, 7 * MINUTE], x=[1, 4, 8])
    assert found["upsampled"] == [False, True, True, False, False]


def test_a_row_that_goes_back_in_time_has_none_before_it() -> None:
    found = run("upsample every=1m", _time=[9 * MINUTE, 0, 2 * MINUTE], x=[9, 0, 2])
    assert found["x"] == [9.0, 0.0, 1.0, 2.0]


def test_between_a_value_and_none_there_is_none() -> None:
    found = run("upsample every=1m", _time=[0, 2 * MINUTE, 4 * MINUTE], x=[1.0, None, 3.0])
    assert found["x"] == [1.0, None, None, None, 3.0]


def test_rows_that_come_singly_give_the_same_for_each_key() -> None:
    random = np.random.Generator(np.random.Philox(2))
    times = np.cumsum(random.integers(0, 3 * MINUTE, 60))
    keys = [f"k{n}" if n else None for n in random.integers(0, 3, 60).tolist()]
    batch = batch_of({"x": random.normal(0, 1, 60).tolist(), "_time": times.tolist(), "_key": keys})
    trial = Trial(lambda: make("upsample every=1m"), batch, [1, 20, 20, 45])
    whole = outcome_of(trial, [batch])
    agree(trial, outcome_of(trial, trial.pieces, lambda state: State(dict(state)), True), whole)
    assert len(whole.rows) > 120


def test_scaled_columns_stay_on_their_scale() -> None:
    batch = batch_of({"_time": [0, 2 * MINUTE], "x": [0.0, 1.0]})
    batch = Batch(batch.data).with_column("x", batch.column("x"), {"kind": "minmax"})
    assert feed(make("upsample every=1m"), [batch])[0].meta("x") == {"kind": "minmax"}


def test_one_row_a_key_is_remembered() -> None:
    step, state = make("upsample every=1m"), State()
    for start in range(0, 100, 10):
        keys = [str(n % 4) for n in range(10)]
        step.process(batch_of({"_time": range(start, start + 10), "_key": keys}), state, NOW)
    assert len(state) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("upsample every=0s", "no time at all"),
        ('upsample every=1m, method="cubic"', "there are previous, linear"),
        ("upsample every=1m, most=1001", "expected 1 to 1000"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(text)
