"""The t-digest: quantiles of any number of values in fixed memory."""

import numpy as np
import pytest
from numpy.typing import NDArray

from amml_progress._shared import digest
from amml_runtime.packing import Floats

SHARES = np.array([0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999])


def sketched(values: Floats, at_once: int = 16) -> Floats:
    """The digest of values that come some at a time."""
    found = np.array([digest.FRESH])
    for start in range(0, len(values), at_once):
        found = digest.added(found, values[None, start : start + at_once])
    return found


def ranks(values: Floats, found: Floats) -> NDArray[np.float64]:
    """The share of the values below each of those found."""
    return np.searchsorted(np.sort(values), found) / len(values)


def seeded(kind: str) -> Floats:
    random = np.random.Generator(np.random.Philox(1))
    return {
        "normal": random.normal(1013.0, 5.0, 20_000),
        "skewed": random.lognormal(0.0, 2.0, 20_000),
        "rising": np.arange(20_000.0),
        "falling": -np.arange(20_000.0),
    }[kind]


@pytest.mark.parametrize("kind", ["normal", "skewed", "rising", "falling"])
def test_ranks_are_off_by_little_and_least_at_the_ends(kind: str) -> None:
    values = seeded(kind)
    found = digest.quantiles(sketched(values)[0], SHARES, values.min(), values.max())
    off = np.abs(ranks(values, found) - SHARES)
    assert off.max() < 0.005
    assert off[[0, -1]].max() < 0.0005


def test_few_values_have_the_quantiles_of_numpy() -> None:
    values = seeded("normal")[:60]
    found = digest.quantiles(sketched(values)[0], SHARES, values.min(), values.max())
    assert found == pytest.approx(np.quantile(values, SHARES), rel=1e-12)


def test_two_digests_make_one_of_all_values() -> None:
    values = seeded("normal")
    both = digest.merged(sketched(values[:5000]), sketched(values[5000:]))
    found = digest.quantiles(both[0], SHARES, values.min(), values.max())
    assert np.abs(ranks(values, found) - SHARES).max() < 0.003
    assert both[0, digest.CELLS :].sum() == len(values)


def test_many_digests_at_once_are_what_each_is_alone() -> None:
    values = seeded("skewed")[:640].reshape(10, 64)
    together = digest.added(np.array([digest.FRESH] * 10), values)
    alone = [digest.added(np.array([digest.FRESH]), row[None])[0] for row in values]
    assert (together == np.array(alone)).all()


def test_no_values_have_no_quantiles() -> None:
    nothing = digest.added(np.array([digest.FRESH]), np.array([[np.nan]]))
    assert np.isnan(digest.quantiles(nothing[0], SHARES, 0.0, 0.0)).all()
