"""`zscore_scaler`: columns onto mean 0 and standard deviation 1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_progress._shared import scaling
from amml_runtime.batch import Array, Batch
from amml_runtime.component import AbstractProgress, Columns, Params
from amml_runtime.state import State

Moments: TypeAlias = list[float]  # count, mean, sum of the squared differences from the mean


@dataclass(frozen=True)
class ZscoreScaler(AbstractProgress):
    """Scale columns so that their mean becomes 0 and their standard deviation 1.

    Parameters:
        of: the columns x; all of numbers unless given, or those that the model scaled.
        mean: mu, the value that becomes 0, for every column; goes with `std`.
        std: sigma, how far above it the value is that becomes 1.
        model: take the moments stored with this model, "ett:0.1".
        fit: "auto" takes the moments of the model further down the flow, else finds them in one
            pass over the rows; "own" always finds them; a number finds them in as many rows.
    Adds: nothing; x becomes (x - mean) / std, float64, and carries both in its metadata for
        `zscore_inverse` and models. They hold for the whole run; std divides by n, not n - 1.
        A constant column becomes x - mean, that is 0. Null and NaN stay, and count for no moment.
    Errors: E214, one of `mean` and `std` without the other, or a negative `std`; a column that
        is missing, holds no numbers, or has no value to find its moments by.
    Source: Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance.

    >>> run("zscore_scaler of=OT", OT=[20.0, 30.0, None, 40.0])
    {'OT': [-1.224744871391589, 0.0, None, 1.224744871391589]}
    """

    stateless = True

    rtol = 1e-12

    of: Columns = ()
    mean: float | None = None
    std: float | None = None
    model: str | None = None
    fit_: int | str = "auto"

    def __post_init__(self) -> None:
        scaling.check_fit(self.fit_)
        if (self.mean is None) != (self.std is None):
            raise ValueError("`mean` and `std` go together")
        if self.std is not None and self.std < 0:
            raise ValueError(f"`std` is {self.std}, it must not be negative")

    def given(self) -> Params | None:
        """The moments that the arguments give."""
        if self.mean is None or self.std is None:
            return None
        return scaling.given(self.of, {"kind": "zscore", "mean": self.mean, "std": self.std})

    def stored(self, signature: Mapping[str, Any]) -> Params | None:
        """The moments that a model run's signature holds."""
        return scaling.stored(signature, "zscore")

    def fit(self, batch: Batch, acc: Any) -> Any:
        """The moments of the rows so far."""
        return scaling.summarise(batch, self.of, acc, _merged)

    def fitted(self, acc: Any) -> Params:
        """The moments of all rows."""
        return scaling.fitted(acc, _document)

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch, scaled."""
        return scaling.scaled(batch, self.of, dict(state.params), _scale)


def _merged(moments: Moments | None, values: NDArray[np.float64]) -> Moments:
    """Chan's rule: the moments of two sets of values taken together."""
    count, mean = float(values.size), float(values.mean())
    squares = float(np.square(values - mean).sum())
    if moments is None:
        return [count, mean, squares]
    before, old_mean, old_squares = moments
    total, shift = before + count, mean - old_mean
    return [
        total,
        old_mean + shift * count / total,
        old_squares + squares + shift * shift * before * count / total,
    ]


def _document(moments: Moments) -> dict[str, Any]:
    count, mean, squares = moments
    return {"kind": "zscore", "mean": mean, "std": math.sqrt(squares / count)}


def _scale(values: Array, document: scaling.Document) -> Array:
    return pc.divide(pc.subtract(values, document["mean"]), document["std"] or 1.0)
