"""`minmax_scaler`: columns onto the range from 0 to 1."""

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

Limits: TypeAlias = list[float]  # the smallest and the largest value


@dataclass(frozen=True)
class MinmaxScaler(AbstractProgress):
    """Scale columns so that their smallest value becomes 0 and their largest 1.

    Parameters:
        of: the columns x; all of numbers unless given, or those that the model scaled.
        min: the value that becomes 0, for every column; goes with `max`.
        max: the value that becomes 1.
        model: take the limits stored with this model, "ett:0.1".
        fit: "auto" takes the limits of the model further down the flow, else finds them in one
            pass over the rows; "own" always finds them; a number finds them in as many rows.
    Adds: nothing; x becomes (x - min) / (max - min), float64, and carries the limits in its
        metadata for `minmax_inverse` and models. They hold for the whole run, so later values
        may lie outside [0, 1]. A constant column becomes x - min, that is 0. Null and NaN stay,
        and count for no limit.
    Errors: E214, one of `min` and `max` without the other, or `min` above `max`; a column that
        is missing, holds no numbers, or has no value to find its limits by.
    Source: Han, Kamber and Pei (2011), Data mining, section 3.5.2.

    >>> run("minmax_scaler of=OT", OT=[20.0, 30.0, None, 40.0])
    {'OT': [0.0, 0.5, None, 1.0]}
    """

    stateless = True

    of: Columns = ()
    min: float | None = None
    max: float | None = None
    model: str | None = None
    fit_: int | str = "auto"

    def __post_init__(self) -> None:
        scaling.check_fit(self.fit_)
        if (self.min is None) != (self.max is None):
            raise ValueError("`min` and `max` go together")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` is {self.min}, above `max`, {self.max}")

    def given(self) -> Params | None:
        """The limits that the arguments give."""
        if self.min is None or self.max is None:
            return None
        return scaling.given(self.of, _document([self.min, self.max]))

    def stored(self, signature: Mapping[str, Any]) -> Params | None:
        """The limits that a model run's signature holds."""
        return scaling.stored(signature, "minmax")

    def fit(self, batch: Batch, acc: Any) -> Any:
        """The limits seen so far."""
        return scaling.summarise(batch, self.of, acc, _wider)

    def fitted(self, acc: Any) -> Params:
        """The limits of all rows."""
        return scaling.fitted(acc, _document)

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch, scaled."""
        return scaling.scaled(batch, self.of, dict(state.params), _scale)


def _wider(limits: Limits | None, values: NDArray[np.float64]) -> Limits:
    seen = [float(values.min()), float(values.max())]
    return seen if limits is None else [min(limits[0], seen[0]), max(limits[1], seen[1])]


def _document(limits: Limits) -> dict[str, Any]:
    return {"kind": "minmax", "min": limits[0], "max": limits[1]}


def _scale(values: Array, document: scaling.Document) -> Array:
    width = document["max"] - document["min"]
    return pc.divide(pc.subtract(values, document["min"]), width or 1.0)
