"""`anomaly`: which values are unusual, and how much so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared import scores
from amml_progress._shared.afresh import begin_afresh
from amml_progress._shared.by_key import Grouped, grouped
from amml_progress._shared.half_space_trees import MOST as MOST_IN_LEAVES
from amml_progress._shared.history import MOST, Floats
from amml_progress._shared.numbers import check_numbers, floats
from amml_progress._shared.room import check_room
from amml_progress._shared.tree_scores import by_trees
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State

TREES = "half_space_trees"


Score: TypeAlias = Callable[
    [Floats, NDArray[Any], Floats, int, float], tuple[Floats, Floats]
]  # as in `_shared/scores.py`


class _Method(NamedTuple):
    """What an argument that is not given is, what a fresh key remembers, and how to score.

    `fresh` is None where the values of the window are remembered; the trees have their own.
    """

    threshold: float
    window: int
    fresh: list[float] | None = None
    score: Score | None = None


_METHODS = {
    "zscore": _Method(4.0, 50, [0.0] * 3, scores.by_deviation),
    "iqr": _Method(3.0, 50, None, scores.by_quartiles),
    "mad": _Method(3.5, 50, None, scores.by_median),
    "forecast": _Method(4.0, 50, [0.0] * 4, scores.by_forecast),
    TREES: _Method(0.4, 250),
}


@dataclass(frozen=True)
class Anomaly(AbstractProgress):
    """Score how unusual each value is among those before it, of the same key.

    Parameters:
        of: the columns x.
        method: "zscore", the distance from the mean in standard deviations, both weighted;
            "mad", that from the median of a window in medians of such distances; "iqr", how far
            outside the quartiles of a window, in distances between them; "forecast", the error
            of Holt's forecast by level and trend, in standard deviations, of x or, where there is
            a column `<of>_pred`, of what x lies off that; "half_space_trees", how empty the place
            of a row is among those of a window, all columns together.
        threshold: the score above which a value is an anomaly; 4, "iqr" 3, "mad" 3.5, trees 0.4.
        window: how many values are remembered, or weigh as much as so many would; 50, trees 250.
        seed: draws the trees.
    Adds: `<of>_score`, float64, and `<of>_anomaly`, boolean. The score is null, and the value no
        anomaly, for the first 10 values of a key (trees: two windows), and where x is null, NaN
        or infinite; these are not remembered. One name for the trees, of the columns joined by _.
    Errors: E214, a `method` that there is not, a `threshold` not above 0, a `window` out of 10 to
        1,000 (trees: 255); a column that is missing or holds no numbers.
    Source: Iglewicz and Hoaglin (1993) for "mad", Tukey (1977) for "iqr", Holt (1957), Tan, Ting
        and Liu (2011), Fast anomaly detection for streaming data.

    >>> found = run("anomaly of=OT",
    ...     OT=[20.0, 21.0, 20.0, 21.0, 20.0, 21.0, 20.0, 21.0, 20.0, 21.0, 27.5, 21.0])
    >>> found["OT_score"][-3:], found["OT_anomaly"][-3:]
    ([None, 14.0, 0.426], [False, True, False])
    """

    of: Columns = (Column("value"),)
    method: str = "zscore"
    threshold: float | None = None
    window: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError(f'`method` is "{self.method}"; there are {", ".join(_METHODS)}')
        if not self._threshold > 0:
            raise ValueError(f"`threshold` is {self._threshold}, expected above 0")
        most = MOST_IN_LEAVES if self.method == TREES else MOST
        if not scores.WARM <= self._window <= most:
            raise ValueError(f"`window` is {self._window}, expected {scores.WARM} to {most} values")
        check_room("window", self._window, len(self.of))
        if self.seed < 0:
            raise ValueError(f"`seed` is {self.seed}, it must not be negative")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with scores and verdicts beside it."""
        check_numbers(batch, self.of)
        begin_afresh(batch, state, list(self.of), self.method, self._window, self.seed)
        keys = grouped(batch.keys)
        if self.method == TREES:
            values = np.stack([floats(batch.column(name)) for name in self.of], axis=1)
            return self._judged(batch, "_".join(self.of), self._by_trees(values, keys, state))
        fresh = np.array([_METHODS[self.method].fresh or [np.nan] * self._window] * len(self.of))
        held = state.numbers(keys.places, fresh)
        for number, name in enumerate(self.of):
            found, held[:, number] = self._scored(
                self._values(batch, name), keys.groups, held[:, number]
            )
            batch = self._judged(batch, name, found)
        state.set_numbers(keys.places, held)
        return batch

    def _values(self, batch: Batch, name: str) -> Floats:
        """What is scored: a column, or what it lies off its prediction."""
        values, prediction = floats(batch.column(name)), f"{name}_pred"
        if self.method == "forecast" and prediction in batch.names:
            check_numbers(batch, [prediction])
            return values - floats(batch.column(prediction))
        return values

    def _scored(self, values: Floats, groups: NDArray[Any], held: Floats) -> tuple[Floats, Floats]:
        score = _METHODS[self.method].score
        assert score is not None
        there = np.isfinite(values)
        found = np.full(len(values), np.nan)
        found[there], held = score(
            values[there], groups[there], held, self._window, self._threshold
        )
        return found, held

    def _by_trees(self, values: Floats, keys: Grouped, state: State) -> Floats:
        there = np.isfinite(values).all(axis=1)
        found = np.full(len(values), np.nan)
        found[there] = by_trees(
            values[there], keys.groups[there], keys.places, state, self._window, self.seed
        )
        return found

    def _judged(self, batch: Batch, name: str, found: Floats) -> Batch:
        scored: Any = from_numpy(found, np.isnan(found))
        unusual: Any = pc.fill_null(
            pc.greater(scored, pa.scalar(self._threshold)), pa.scalar(False)
        )
        return batch.with_column(f"{name}_score", scored).with_column(f"{name}_anomaly", unusual)

    @property
    def _threshold(self) -> float:
        given = self.threshold
        return _METHODS[self.method].threshold if given is None else given

    @property
    def _window(self) -> int:
        return _METHODS[self.method].window if self.window is None else self.window
