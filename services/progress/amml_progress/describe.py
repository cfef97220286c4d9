"""`describe`: what the values of columns are like."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from amml_progress._shared import digest
from amml_progress._shared.report import Report, by_column, numbers, words
from amml_progress._shared.room import check_room
from amml_runtime.batch import Array
from amml_runtime.packing import Floats

_SHARES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
_FRESH = [0.0, 0.0, 0.0, np.inf, -np.inf]  # count, mean, squares, min, max


@dataclass(frozen=True)
class Describe(Report):
    """Tell count, mean, standard deviation, extremes and quantiles of columns, for each key.

    Parameters:
        of: the columns.
        every: tell it of each period of event time, from multiples of this, once it is over;
            otherwise of all rows, at their end.
    Gives: a row for each key, period and column: `column`, `count`, `missing` (the share of rows
        without a number), `mean`, `std` (by n - 1), `min`, `p5`, `p25`, `p50`, `p75`, `p95` and
        `max`. `_time` is the period's start, or the key's newest time. The quantiles are exact
        up to sixty values, then those of a t-digest: off by less than 0.5 % of the rows, and by
        less near the ends.
    Errors: E214, more than 486 columns; a column that is missing or holds no numbers. With
        `every`, late rows and rows without a time go to the dead letters.
    Source: Dunning and Ertl (2019), Computing extremely accurate quantiles using t-digests; Chan,
        Golub and LeVeque (1983), Algorithms for computing the sample variance.

    >>> run("describe of=x", x=[4.0, 1.0, None, 1.0])
    {'column': ['x'], 'count': [3], 'missing': [0.25], 'mean': [2.0], 'std': [1.7320508],
     'min': [1.0], 'p5': [1.0], 'p25': [1.0], 'p50': [1.0], 'p75': [2.5], 'p95': [3.7],
     'max': [4.0]}
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        check_room("of", len(_FRESH) + len(digest.FRESH), len(self.of))

    def fresh(self) -> Floats:
        """For each column five numbers and a digest."""
        return np.array([[*_FRESH, *digest.FRESH]] * len(self.of))

    def add(self, sums: Floats, values: Floats) -> Floats:
        """Moments after Chan, extremes, and the values in their digest."""
        flat, rows = sums.reshape(-1, sums.shape[2]), by_column(values).reshape(-1, values.shape[1])
        split = len(_FRESH)
        held = np.hstack([_moments(flat[:, :split], rows), digest.added(flat[:, split:], rows)])
        return held.reshape(sums.shape)

    def told(self, sums: Floats, rows: Floats) -> dict[str, Array]:
        """A row for each column."""
        count, mean, squares, least, most = np.moveaxis(sums[:, :, : len(_FRESH)], 2, 0)
        some = np.where(count > 0, 1.0, np.nan)
        std = np.sqrt(squares / np.where(count > 1, count - 1, np.nan))
        columns = {
            "column": words(self.of, len(sums)),
            "count": pa.array(count.ravel().astype(np.int64)),
            "missing": numbers(1 - count / rows[:, None]),
            "mean": numbers(mean * some),
            "std": numbers(std),
            "min": numbers(least * some),
        }
        shares = zip(_SHARES, self._quantiles(sums).T, strict=True)
        columns |= {name: numbers(found) for name, found in shares}
        return columns | {"max": numbers(most * some)}

    def _quantiles(self, sums: Floats) -> Floats:
        shares, split = np.array(list(_SHARES.values())), len(_FRESH)
        flat = sums.reshape(-1, sums.shape[2])
        found = [digest.quantiles(each[split:], shares, each[3], each[4]) for each in flat]
        return np.array(found).reshape(-1, len(shares))


def _moments(held: Floats, values: Floats) -> Floats:
    """Count, mean, sum of squared differences from it, min, max, of what is held and of values."""
    before, mean, squares, least, most = held.T
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    middle = np.where(there, values, 0).sum(axis=1) / np.maximum(count, 1)
    spread = (np.where(there, values - middle[:, None], 0) ** 2).sum(axis=1)
    after = np.maximum(before + count, 1)
    step = middle - mean
    return np.stack(
        [
            before + count,
            mean + np.where(count > 0, step * count / after, 0),
            squares + spread + np.where(count > 0, step**2 * before * count / after, 0),
            np.minimum(least, np.where(there, values, np.inf).min(axis=1)),
            np.maximum(most, np.where(there, values, -np.inf).max(axis=1)),
        ],
        axis=1,
    )
