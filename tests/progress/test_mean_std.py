"""`mean_std`: running moments of every key, exact whatever the keys and cuts."""

import statistics
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, feed, make, run


def expected(keys: list[Any], values: list[float]) -> list[tuple[float, float | None]]:
    """By the definition, from all the values of the key so far."""
    seen: dict[Any, list[float]] = defaultdict(list)
    found: list[tuple[float, float | None]] = []
    for key, value in zip(keys, values, strict=True):
        seen[key].append(value)
        many = len(seen[key]) > 1
        found.append((statistics.fmean(seen[key]), statistics.stdev(seen[key]) if many else None))
    return found


@pytest.mark.parametrize("keys", [1, 7, 100, 400])
def test_each_row_has_the_moments_of_its_key_so_far(keys: int) -> None:
    random = np.random.Generator(np.random.Philox(keys))
    names = [f"k{n}" if n else None for n in random.integers(0, keys, 500).tolist()]
    values = random.normal(1e6, 1e-3, 500).tolist()
    batch = batch_of({"_key": names, "value": values})
    outputs = feed(make("mean_std"), [batch.slice(0, 123), batch.slice(123)])
    rows = Batch.concat(outputs).to_rows()
    for row, (mean, std) in zip(rows, expected(names, values), strict=True):
        assert row["value_mean"] == pytest.approx(mean, rel=1e-12)
        assert row["value_std"] == (None if std is None else pytest.approx(std, rel=1e-6))


def test_many_keys_at_once_and_one_by_one_give_the_same_bits() -> None:
    random = np.random.Generator(np.random.Philox(1))
    names = [str(n) for n in random.zipf(1.3, 3000).clip(max=999).tolist()]
    batch = batch_of({"_key": names, "value": random.normal(0, 1, 3000).tolist()})
    whole = Batch.concat(feed(make("mean_std"), [batch]))
    pieces = [batch.slice(start, 10) for start in range(0, 3000, 10)]
    assert Batch.concat(feed(make("mean_std"), pieces)).to_rows() == whole.to_rows()


def test_no_rows_are_no_rows() -> None:
    assert make("mean_std").process(batch_of({"value": [1.0]}).slice(0, 0), State(), NOW).rows == 0


def test_a_value_that_is_no_number_does_not_count() -> None:
    found = run("mean_std of=x", x=[1.0, float("nan"), float("inf"), None, 3.0])
    assert found["x_mean"] == [1.0, None, None, None, 2.0]


def test_several_columns_at_once() -> None:
    found = run("mean_std a, b", a=[1, 3], b=[10.0, None])
    assert (found["a_mean"], found["b_mean"]) == ([1.0, 2.0], [10.0, None])


def test_a_null_key_is_not_the_empty_key() -> None:
    assert run("mean_std of=x", x=[1.0, 3.0], _key=[None, ""])["x_mean"] == [1.0, 3.0]


def test_a_column_of_text_is_a_fault() -> None:
    with pytest.raises(WorkflowFault, match="column `value` is string"):
        run("mean_std", value=["a"])
