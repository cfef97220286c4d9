"""`acf`: what statsmodels says of all rows, from sums alone."""

from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.stattools import acf

from amml_runtime.batch import Batch
from amml_runtime.testing import batch_of, feed, make, run


def daily(rows: int, missing: float = 0.0) -> list[float]:
    random = np.random.Generator(np.random.Philox(rows))
    values = 1e5 + np.sin(np.arange(rows) * 2 * np.pi / 24) + random.normal(0, 0.3, rows)
    values[random.random(rows) < missing] = np.nan
    return values.tolist()


def rows_of(pieces: list[Batch], lags: int = 48) -> list[dict[str, Any]]:
    return [r for out in feed(make(f"acf of=x, lags={lags}"), pieces) for r in out.to_rows()]


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("rows", [60, 500])
def test_it_is_that_of_statsmodels(rows: int, missing: float) -> None:
    values = daily(rows, missing)
    found = rows_of([batch_of({"x": values})])
    expected = np.asarray(acf(np.array(values), nlags=48, fft=False, missing="conservative"))
    assert [row["lag"] for row in found] == list(range(49))
    assert [row["acf"] for row in found] == pytest.approx(list(expected), abs=1e-9)


def test_cuts_and_other_keys_change_no_bit_of_it() -> None:
    values = daily(300)
    batch = batch_of({"_key": ["a", "b", "c"] * 100, "x": values})
    pieces = [batch.slice(start, 1) for start in range(300)]
    whole = rows_of([batch], 5)
    alone = rows_of([batch_of({"_key": ["b"] * 100, "x": values[1::3]})], 5)
    assert rows_of(pieces, 5) == whole
    assert [row for row in whole if row["_key"] == "b"] == alone


def test_lags_that_no_two_rows_have_between_them_are_null() -> None:
    assert run("acf of=x, lags=3", x=[1.0, 3.0])["acf"] == [1.0, -0.5, None, None]


def test_a_constant_column_has_none() -> None:
    assert run("acf of=x, lags=1", x=[2.0, 2.0])["acf"] == [None, None]


def test_the_largest_lag_is_one_or_more() -> None:
    with pytest.raises(ValueError, match="`lags` is 0"):
        make("acf of=x, lags=0")
