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


def test_a_scaled_column_stays_on_its_scale() -> None:
    batch = batch_of({"x": [1.0]})
    batch = batch.with_column("x", batch.column("x"), {"kind": "minmax"})
    assert feed(make("lag of=x"), [batch])[0].meta("x_lag1") == {"kind": "minmax"}


@pytest.mark.parametrize("text", ["lag of=x, by=0", "diff of=x, by=1001"])
def test_rows_that_cannot_be_remembered_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 1000"):
        make(text)


def test_a_missing_column_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="no column `value`"):
        run("lag", x=[1.0])
