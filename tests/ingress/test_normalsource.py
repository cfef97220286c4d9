"""`normalsource`: numbers that depend on the seed and their place alone."""

from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amml_ingress.normalsource import Normalsource
from amml_language.tree import Duration


def values(source: Normalsource, start: Any = None) -> list[Any]:
    return [v for p in source.read(start) for v in p.batch.column("value").to_pylist()]


def test_any_row_can_be_had_without_those_before_it() -> None:
    whole = values(Normalsource(rows=10_000))
    assert len(whole) == 10_000
    for start in (1, 4095, 4096, 9_999, 10_000):
        assert values(Normalsource(rows=10_000), start) == whole[start:]
    assert values(Normalsource(rows=5, rate=20)) == whole[:5]


def test_the_numbers_have_the_mean_and_standard_deviation() -> None:
    found = np.array(values(Normalsource(mean=5, std=2, rows=100_000)))
    assert abs(found.mean() - 5) < 0.03
    assert abs(found.std() - 2) < 0.03


def test_another_seed_gives_other_numbers() -> None:
    assert values(Normalsource(rows=9, seed=1)) != values(Normalsource(rows=9))


def test_time_moves_by_every() -> None:
    (portion,) = Normalsource(rows=3, every=Duration(500_000)).read(None)
    assert portion.batch.times.cast(pa.int64()).to_pylist() == [0, 500_000, 1_000_000]


def test_without_rows_it_never_ends_and_is_slow() -> None:
    endless = Normalsource()
    assert (endless.ends(), endless.pace()) == (False, 1000.0)
    assert [p.position for p in islice(endless.read(4090), 3)] == [4096, 4146, 4196]
    assert (Normalsource(rows=1).ends(), Normalsource(rows=1).pace()) == (True, None)


@pytest.mark.parametrize("wrong", [{"std": -1.0}, {"rows": -1}, {"seed": -1}, {"rate": 0.0}])
def test_a_wrong_argument_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}`"):
        Normalsource(**wrong)
