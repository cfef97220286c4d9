"""`impute`: values in the place of those that are missing."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from amml_progress._shared import bridges
from amml_progress._shared.by_key import grouped
from amml_progress._shared.filled import matrix, with_filled
from amml_progress._shared.filling import WAYS, Settings
from amml_progress._shared.numbers import check_numbers, numeric
from amml_progress._shared.room import check_room
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State

_BRIDGES = ("linear", "spline")
METHODS = (*_BRIDGES, *WAYS)


@dataclass(frozen=True)
class Impute(AbstractProgress):
    """Fill missing values, and say in which rows.

    Parameters:
        of: the columns; all of numbers unless given.
        method: "previous", "mean" of all so far, "median" and "knn" of the `last` rows, "seasonal":
            the value one season before, "kalman": the forecast of a level with a trend; or
            "linear" and "spline", for which rows wait until values have come after the hole.
        most: how many further rows one waits for; then the value before it fills its place.
        last: how many values or rows "median" and "knn" remember of a key.
        season: the rows of a season, as 24 for a day of hours; put `gaps` before.
    Adds: `imputed`, true in rows in which a value was filled; a column of that name keeps its true
        rows. The columns become float64 and keep their metadata. Null and NaN are missing. What
        has no value before it stays null. "linear" goes by the time of rows and "spline" is the
        cubic through two values on each side; rows without time go to the dead letters, "no time".
        "knn" takes the 5 rows most alike in the other columns.
    Errors: E214, an unknown method, or a number that is not above 0; a column that is missing or
        holds no numbers.
    Source: Moritz and Bartz-Beielstein (2017), imputeTS; Troyanskaya et al. (2001) for "knn";
        Harvey (1989), Forecasting, structural time series models, for "kalman".

    >>> found = run("impute of=co2", _time=[0, 1, 2, 3], co2=[400.0, None, None, 430.0])
    >>> found["co2"], found["imputed"]
    ([400.0, 410.0, 420.0, 430.0], [False, True, True, False])
    """

    state_depends_on = ("of", "method", "last", "season")
    rtol = 1e-9

    of: Columns = ()
    method: str = "linear"
    most: int = 100
    last: int = 48
    season: int = 24

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"`method` is {self.method!r}; it is one of {', '.join(METHODS)}")
        for name in ("most", "last", "season"):
            if getattr(self, name) <= 0:
                raise ValueError(f"`{name}` is {getattr(self, name)}, it must be above 0")
        check_room("last", self.last * max(1, len(self.of)))
        check_room("season", (self.season + 1) * max(1, len(self.of)))

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows whose values are there, or cannot be had."""
        names = self.of or numeric(batch)
        check_numbers(batch, names)
        if self.method in _BRIDGES:
            return bridges.process(batch, state, names, self.method == "spline", self.most)
        values = matrix(batch, names)
        settings = Settings(self.last, self.season)
        fill = WAYS[self.method](values, grouped(batch.keys), state, settings)
        return with_filled(batch, names, np.where(np.isnan(values), fill, values))

    def finish(self, state: State, now: datetime) -> Batch | None:
        """The rows that still wait, with what is known by now."""
        return bridges.finish(state, self.of, self.method == "spline")
