"""`zscore_scaler`: moments that do not depend on how the rows were cut."""

from typing import Any

import numpy as np
import pytest

from amml_progress.zscore_scaler import ZscoreScaler
from amml_runtime.testing import batch_of, params_for


def test_moments_are_those_of_all_rows() -> None:
    values = np.random.Generator(np.random.Philox(7)).normal(1e6, 3, 5000)
    batch = batch_of({"x": values.tolist()})
    pieces = [batch.slice(0, 1), batch.slice(1, 99), batch.slice(100)]
    (found,) = params_for(ZscoreScaler(), pieces)["columns"].values()
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert found["std"] == pytest.approx(values.std(), rel=1e-9)


def test_given_moments_need_no_pass() -> None:
    assert ZscoreScaler(mean=1, std=2).given() == {"all": {"kind": "zscore", "mean": 1, "std": 2}}


@pytest.mark.parametrize("wrong", [{"mean": 1.0}, {"std": 1.0}, {"mean": 1.0, "std": -1.0}])
def test_arguments_that_do_not_fit_together_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`std`"):
        ZscoreScaler(**wrong)
