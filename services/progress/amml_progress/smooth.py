"""`smooth`: a column without its noise."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.lately import quantiles, windows
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.room import check_room
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State

Floats = NDArray[np.float64]
_MOST = 20  # the degree up to which the fit is exact to many digits


@dataclass(frozen=True)
class Smooth(AbstractProgress):
    """Smooth columns, each key's values by themselves and without waiting for later ones.

    Parameters:
        of: the columns x.
        method: "ema": s + alpha * (x - s), "median" of the last values, or "savgol": the newest
            value of the polynomial fitted to the last ones.
        alpha: the weight of the newest value in the "ema", above 0 and at most 1.
        last: how many values "median" and "savgol" look at.
        order: the degree of the polynomial, at most 20.
    Adds: `<of>_smooth`, float64, in the unit of x; null where x is null, NaN or infinite, which
        does not count. The median of fewer values until there are `last`; "savgol" is x itself
        until then.
    Errors: E214, an unknown method, or a number that makes no sense; a column that is missing or
        holds no numbers.
    Source: Roberts (1959), Control chart tests based on geometric moving averages; Tukey (1977),
        Exploratory data analysis; Savitzky and Golay (1964), Smoothing and differentiation of data
        by simplified least squares procedures.

    >>> run("smooth of=co2, alpha=0.5", co2=[400.0, 420.0, None, 390.0])
    {'co2': [400.0, 420.0, None, 390.0], 'co2_smooth': [400.0, 410.0, None, 400.0]}
    """

    state_depends_on = ("of", "method", "last", "order")
    rtol = 1e-12

    of: Columns = ()
    method: str = "ema"
    alpha: float = 0.3
    last: int = 7
    order: int = 2

    def __post_init__(self) -> None:
        if not self.of:
            raise ValueError("`of` has to name columns")
        if self.method not in ("ema", "median", "savgol"):
            raise ValueError(f"`method` is {self.method!r}; it is one of ema, median, savgol")
        if not 0 < self.alpha <= 1:
            raise ValueError(f"`alpha` is {self.alpha}, it must be above 0 and at most 1")
        if not 0 <= self.order < self.last:
            raise ValueError(f"`order` is {self.order}, it must be from 0 to below `last`")
        check_room("last", self.last)
        if self.order > _MOST:
            raise ValueError(f"`order` is {self.order}, it must be at most {_MOST}")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the smooth columns beside it."""
        check_numbers(batch, self.of)
        found = grouped(batch.keys)
        for number, name in enumerate(self.of):
            values = floats(batch.column(name))
            there = np.isfinite(values)
            places = [f"{number}{place}" for place in found.places]
            mine = Grouped(places, found.groups[there])
            smooth = np.full(batch.rows, np.nan)
            way = self._averaged if self.method == "ema" else self._windowed
            smooth[there] = way(values[there], mine, state)
            batch = batch.with_column(f"{name}_smooth", from_numpy(smooth, np.isnan(smooth)))
        return batch

    def _averaged(self, values: Floats, found: Grouped, state: State) -> list[float]:
        known = state.numbers(found.places, np.full((1, 1), np.nan))
        means = known[:, 0, 0].tolist()
        smooth: list[float] = []
        for group, value in zip(found.groups.tolist(), values.tolist(), strict=True):
            mean = means[group]
            means[group] = value if mean != mean else mean + self.alpha * (value - mean)
            smooth.append(means[group])
        state.set_numbers(found.places, np.array(means).reshape(-1, 1, 1))
        return smooth

    def _windowed(self, values: Floats, found: Grouped, state: State) -> Floats:
        around = windows(values, found.groups, found.places, state, self.last)
        if self.method == "median":
            return quantiles(around, 0.5)[0]
        fitted = (around * _weights(self.last, self.order)).sum(axis=1)
        return np.where(np.isnan(fitted), values, fitted)


def _weights(last: int, order: int) -> Floats:
    """What each of the last values counts for in the newest one of the polynomial fitted to them.

    Chebyshev's polynomials, made orthogonal: powers of the places would lose all digits.
    """
    places = np.polynomial.chebyshev.chebvander(np.linspace(-1, 1, last), order)
    base = np.linalg.qr(places)[0]
    return base @ base[-1]
