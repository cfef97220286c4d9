"""`smooth`: less noise, and the same whatever the keys and cuts."""

import numpy as np
import pytest
from scipy.signal import savgol_filter

from amml_runtime.errors import WorkflowFault
from amml_runtime.laws import Trial, cuts_leave_no_trace, state_survives_a_restart
from amml_runtime.testing import batch_of, make, run

METHODS = ["ema", "median", "savgol"]


def noisy(rows: int = 100) -> list[float]:
    return (np.arange(rows) / 10 + np.random.default_rng(1).normal(0, 1, rows)).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_cuts_and_restarts_leave_no_trace(method: str) -> None:
    keys = [f"k{n % 3}" for n in range(100)]
    batch = batch_of({"_key": keys, "x": noisy(), "y": [None, *noisy(99)]})
    trial = Trial(lambda: make(f'smooth of=[x, y], method="{method}"'), batch, [1, 5, 5, 60])
    cuts_leave_no_trace(trial)
    state_survives_a_restart(trial)


def test_savgol_is_the_newest_value_of_the_fitted_polynomial() -> None:
    values = noisy(30)
    expected = [savgol_filter(values[:end][-7:], 7, 2, mode="interp")[-1] for end in range(7, 31)]
    assert run('smooth of=x, method="savgol"', x=values)["x_smooth"][6:] == pytest.approx(expected)


@pytest.mark.parametrize("last", [31, 1000])
@pytest.mark.parametrize("order", [0, 3, 6, 20])
def test_savgol_gives_back_a_polynomial_of_its_order(order: int, last: int) -> None:
    values = np.polynomial.Chebyshev([1.0] * (order + 1))(np.linspace(-1, 1, last)).tolist()
    found = run(f'smooth of=x, method="savgol", last={last}, order={order}', x=values)
    assert found["x_smooth"][-1] == pytest.approx(order + 1, rel=1e-6)


def test_median_is_that_of_the_values_there_are() -> None:
    found = run('smooth of=x, method="median", last=3', x=[1.0, 5.0, None, 2.0, 9.0])
    assert found["x_smooth"] == [1.0, 3.0, None, 2.0, 5.0]


@pytest.mark.parametrize("method", METHODS)
def test_what_is_smooth_varies_less(method: str) -> None:
    smooth = run(f'smooth of=x, method="{method}", last=15', x=noisy(500))["x_smooth"]
    assert np.diff(smooth[20:]).std() < 0.7 * np.diff(noisy(500)[20:]).std()


def test_text_is_no_number() -> None:
    with pytest.raises(WorkflowFault, match="numbers are needed"):
        run("smooth of=x", x=["a"])


@pytest.mark.parametrize(
    "text",
    [
        'of=x, method="x"',
        "of=x, alpha=0",
        "of=x, order=7",
        "alpha=1",
        'of=x, method="savgol", last=31, order=21',
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="method|alpha|order|of"):
        make(f"smooth {text}")
