"""`correlate`: how pairs of columns go together."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa

from amml_progress._shared.report import Report, by_column, numbers, words
from amml_progress._shared.room import check_room
from amml_runtime.batch import Array
from amml_runtime.packing import Floats


@dataclass(frozen=True)
class Correlate(Report):
    """Tell Pearson's correlation of each pair of columns, for each key.

    Parameters:
        of: the columns, two or more.
        every: tell it of each period of event time, from multiples of this, once it is over;
            otherwise of all rows, at their end.
    Gives: a row for each key, period and pair: `column`, `other`, `count` (the rows where both are
        numbers) and `r`, from -1 to 1; null where a column is constant. `_time` is the period's
        start, or the key's newest time.
    Errors: E214, a single column, or more than 175; a column that is missing or holds no numbers.
        With `every`, late rows and rows without a time go to the dead letters.
    Source: Pearson (1895), Note on regression and inheritance; summed up after Chan, Golub and
        LeVeque (1983), Algorithms for computing the sample variance.

    >>> run("correlate x, y", x=[1.0, 2.0, 3.0, None], y=[2.0, 4.0, 5.0, 9.0])
    {'column': ['x'], 'other': ['y'], 'count': [3], 'r': [0.981980506061966]}
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.of) < 2:
            raise ValueError("`of` needs two columns or more")
        check_room("of", 6, len(self._pairs))

    def fresh(self) -> Floats:
        """For each pair count, the two means, and the sums of squares and products around them."""
        return np.zeros((len(self._pairs), 6))

    def add(self, sums: Floats, values: Floats) -> Floats:
        """The sums with a block each, after Chan."""
        columns = by_column(values)
        first, second = np.array(self._pairs).T
        block = _summed(columns[:, first], columns[:, second])
        before, after = sums[:, :, 0], block[:, :, 0]
        count = before + after
        weight = after / np.maximum(count, 1)
        steps = block[:, :, 1:3] - sums[:, :, 1:3]
        products = np.stack([steps[..., 0] ** 2, steps[..., 1] ** 2, steps.prod(axis=2)], axis=2)
        means = sums[:, :, 1:3] + steps * weight[..., None]
        spread = sums[:, :, 3:] + block[:, :, 3:] + products * (before * weight)[..., None]
        return np.concatenate([count[..., None], means, spread], axis=2)

    def told(self, sums: Floats, rows: Floats) -> dict[str, Array]:
        """A row for each pair."""
        count, of_first, of_second, of_both = np.moveaxis(sums[:, :, [0, 3, 4, 5]], 2, 0)
        scale = np.sqrt(of_first) * np.sqrt(of_second)
        found = np.clip(of_both / np.where(scale > 0, scale, np.nan), -1, 1)
        return {
            "column": words([self.of[first] for first, _ in self._pairs], len(sums)),
            "other": words([self.of[second] for _, second in self._pairs], len(sums)),
            "count": pa.array(count.ravel().astype(np.int64)),
            "r": numbers(found),
        }

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        return list(combinations(range(len(self.of)), 2))


def _summed(first: Floats, second: Floats) -> Floats:
    """The six numbers of a block alone, from the rows where both are there."""
    there = ~(np.isnan(first) | np.isnan(second))
    count = there.sum(axis=2)
    found, apart = [count], []
    for values in (first, second):
        mean = np.where(there, values, 0).sum(axis=2) / np.maximum(count, 1)
        apart.append(np.where(there, values - mean[..., None], 0))
        found.append(mean)
    x, y = apart
    found += [(x * x).sum(axis=2), (y * y).sum(axis=2), (x * y).sum(axis=2)]
    return np.stack(found, axis=2)
