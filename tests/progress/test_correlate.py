"""`correlate`: what NumPy says of all rows, for each key, in bounded memory."""

from typing import Any

import numpy as np
import pytest

from amml_runtime.batch import Batch
from amml_runtime.testing import batch_of, feed, make, run


def seeded(rows: int, keys: int) -> Batch:
    random = np.random.Generator(np.random.Philox(rows))
    x = random.normal(1e9, 1.0, rows)
    y = 0.5 * (x - 1e9) + random.normal(0, 1.0, rows)
    y[random.random(rows) < 0.1] = np.nan
    names = [f"k{n}" for n in random.integers(0, keys, rows).tolist()]
    z = random.normal(0, 1, rows)
    columns = {"x": x.tolist(), "y": y.tolist(), "z": z.tolist()}
    return batch_of({"_key": names, **columns})


def rows_of(pieces: list[Batch]) -> list[dict[str, Any]]:
    return [row for output in feed(make("correlate x, y, z"), pieces) for row in output.to_rows()]


def test_each_pair_of_each_key_has_the_r_of_numpy() -> None:
    batch = seeded(500, 4)
    found = rows_of([batch])
    assert len(found) == 4 * 3
    for row in found:
        own = [each for each in batch.to_rows() if each["_key"] == row["_key"]]
        pair = np.array([[each[row["column"]], each[row["other"]]] for each in own])
        pair = pair[np.isfinite(pair).all(axis=1)]
        assert row["count"] == len(pair)
        assert row["r"] == pytest.approx(np.corrcoef(pair.T)[0, 1], abs=1e-7)


def test_cuts_change_no_bit_of_it() -> None:
    batch = seeded(150, 5)
    pieces = [batch.slice(start, 1) for start in range(150)]
    assert rows_of(pieces) == rows_of([batch])


def test_a_constant_column_goes_together_with_nothing() -> None:
    found = run("correlate x, y", x=[1.0, 1.0, 1.0], y=[1.0, 2.0, 3.0])
    assert (found["count"], found["r"]) == ([3], [None])


def test_a_single_row_tells_nothing() -> None:
    assert run("correlate x, y", x=[1.0], y=[2.0])["r"] == [None]


def test_a_column_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two columns"):
        make("correlate x")
