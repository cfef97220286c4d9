"""Known values hidden from every way to fill them, and how far each was off."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amml_deploy.errors import UserError
from amml_language.numpy_column import from_numpy
from amml_progress._shared.numbers import floats, numeric
from amml_progress.impute import Impute
from amml_runtime.batch import Batch
from amml_runtime.component import Column
from amml_runtime.testing import feed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How far a method was off: root mean square, mean absolute, and mean absolute in percent."""

    method: str
    rmse: float
    mae: float
    mape: float | None
    filled: int


@dataclass(frozen=True)
class Comparison:
    """The scores, best first, and what each method made of the hidden values."""

    column: str
    hidden: int
    seed: int
    scores: Sequence[Score]
    truth: Floats
    places: NDArray[np.int64]
    filled: dict[str, Floats]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        rows = [asdict(score) for score in self.scores]
        return {"of": self.column, "hidden": self.hidden, "seed": self.seed, "methods": rows}


def compare(
    batch: Batch, column: str, share: float, seed: int, methods: Sequence[str], season: int
) -> Comparison:
    """Hide a share of the known values of a column, and let each method fill them.

    The first and the last known values stay, so that what lies on both sides is known. What
    a method cannot fill counts as the mean of all values that were not hidden.

    Errors: UserError, the column is missing, holds no numbers, or too few to hide some.
    """
    values = _numbers(batch, column)
    known = np.flatnonzero(np.isfinite(values))[1:-1]
    count = round(share * len(known))
    if count < 1:
        raise UserError(
            f"column `{column}` has {len(known) + 2} values: too few to hide {share:.0%}"
        )
    places = np.sort(np.random.default_rng(seed).choice(known, count, replace=False))
    masked = values.copy()
    masked[places] = np.nan
    given = batch.with_column(column, from_numpy(masked, np.isnan(masked)))
    fallback = float(np.nanmean(masked))
    filled = {method: _filled(given, column, method, season) for method in methods}
    scores = [_score(m, filled[m][places], values[places], fallback) for m in methods]
    scores.sort(key=lambda score: score.rmse)
    return Comparison(column, count, seed, scores, values, places, filled)


def _numbers(batch: Batch, column: str) -> Floats:
    if column not in batch.names:
        raise UserError(f"no column `{column}`; there are: {', '.join(batch.names)}")
    if column not in numeric(batch):
        raise UserError(f"column `{column}` holds no numbers")
    values = floats(batch.column(column))
    return np.where(np.isfinite(values), values, np.nan)


def _filled(batch: Batch, column: str, method: str, season: int) -> Floats:
    """The column as a method fills it, in the order of the rows that were given."""
    numbered = batch.with_column("_row", from_numpy(np.arange(batch.rows)))
    of = numeric(batch) if method == "knn" else [column]
    step = Impute(tuple(map(Column, of)), method, season=season)
    output = Batch.concat(feed(step, [numbered]))
    found = np.full(batch.rows, np.nan)
    found[_numbers(output, "_row").astype(np.int64)] = _numbers(output, column)
    return found


def _score(method: str, filled: Floats, truth: Floats, fallback: float) -> Score:
    there = np.isfinite(filled)
    off = np.where(there, filled, fallback) - truth
    nonzero = truth != 0
    mape = float(np.mean(np.abs(off[nonzero] / truth[nonzero])) * 100) if nonzero.any() else None
    rmse, mae = float(np.sqrt(np.mean(off**2))), float(np.mean(np.abs(off)))
    return Score(method, rmse, mae, mape, int(there.sum()))
