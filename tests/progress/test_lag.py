"""`lag`: the row before, of the same key, whatever comes between."""

import numpy as np
import pandas as pd
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.testing import batch_of, feed, make, run


@pytest.mark.parametrize(("by", "keys"), [(1, 1), (3, 7), (24, 400)])
def test_it_is_the_shift_of_pandas_for_each_key(by: int, keys: int) -> None:
    random = np.random.Generator(np.random.Philox(by))
    frame = pd.DataFrame({"x": random.normal(0, 1, 2000), "_key": random.integers(0, keys, 2000)})
    batch = batch_of({"x": frame["x"].tolist(), "_key": frame["_key"].astype(str).tolist()})
    pieces = [batch.slice(start, 300) for start in range(0, 2000, 300)]
    found = Batch.concat(feed(make(f"lag of=x, by={by}"), pieces)).column(f"x_lag{by}")
    expected = frame.groupby("_key")["x"].shift(by)
    assert np.array_equal(found.to_pandas(), expected, equal_nan=True)


def test_several_columns_and_steps_do_not_clash() -> None:
    found = run("lag a, b | lag a, by=2", a=[1.0, 2.0, 3.0], b=[5, 6, 7])
    assert found["b_lag1"] == [None, 5.0, 6.0]
    assert (found["a_lag1"], found["a_lag2"]) == ([None, 1.0, 2.0], [None, None, 1.0])


def test_by_time_it_is_the_last_row_that_is_so_much_older() -> None:
    random = np.random.Generator(np.random.Philox(5))
    frame = pd.DataFrame({"x": random.normal(0, 1, 600), "key": random.integers(0, 3, 600)})
    frame["time"] = np.cumsum(random.integers(1, 60, 600)) * 1_000_000
    keys = frame["key"].astype(str).tolist()
    batch = batch_of({"x": frame["x"].tolist(), "_time": frame["time"].tolist(), "_key": keys})
    pieces = [batch.slice(start, 100) for start in range(0, 600, 100)]
    found = Batch.concat(feed(make("lag of=x, age=5m, by=50"), pieces)).column("x_lag5m")
    bounds = frame[["key"]].assign(time=frame["time"] - 300_000_000)
    expected = pd.merge_asof(bounds.sort_values("time"), frame, on="time", by="key")["x"]
    assert np.array_equal(found.to_pandas(), expected, equal_nan=True)
    assert found.null_count < 100


def test_by_time_no_row_further_back_is_looked_at() -> None:
    minutes = [n * 60_000_000 for n in (0, 5, 6, 8)]
    found = run("lag of=x, age=2m, by=1", _time=minutes, x=[1.0, 2.0, 3.0, 4.0])
    assert found["x_lag2m"] == [None, 1.0, None, 3.0]


def test_a_row_without_a_time_has_no_earlier_one_by_time() -> None:
    found = run("lag of=x, age=1s, by=3", _time=[0, None, 2_000_000], x=[1.0, 2.0, 3.0])
    assert found["x_lag1s"] == [None, None, 1.0]


def test_a_scaled_column_stays_on_its_scale() -> None:
    batch = batch_of({"x": [1.0]})
    batch = batch.with_column("x", batch.column("x"), {"kind": "minmax"})
    assert feed(make("lag of=x"), [batch])[0].meta("x_lag1") == {"kind": "minmax"}


@pytest.mark.parametrize("text", ["lag of=x, by=0", "diff of=x, by=1001"])
def test_rows_that_cannot_be_remembered_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 1000"):
        make(text)


def test_no_time_is_no_age() -> None:
    with pytest.raises(ValueError, match="no time at all"):
        make("lag of=x, age=0s")


def test_a_missing_column_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `value`"):
        run("lag", x=[1.0])
