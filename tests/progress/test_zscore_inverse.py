"""`zscore_inverse`: what `zscore_scaler` did, undone."""

import pytest

from amml_runtime.testing import run


def test_there_and_back() -> None:
    values = [20.0, 30.5, 1e3, -7.25]
    assert run("zscore_scaler | zscore_inverse", x=values)["x"] == pytest.approx(values, rel=1e-12)


def test_a_constant_column_comes_back() -> None:
    assert run("zscore_scaler | zscore_inverse", x=[7.0, 7.0]) == {"x": [7.0, 7.0]}
