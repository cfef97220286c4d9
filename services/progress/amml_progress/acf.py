"""`acf`: how a column goes together with its own past."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

from amml_progress._shared.report import Report, by_column, numbers
from amml_progress._shared.room import check_room
from amml_runtime.batch import Array
from amml_runtime.packing import Floats

_AT_ONCE = 256  # series: what is worked out at once stays in the processor's caches


@dataclass(frozen=True)
class Acf(Report):
    """Tell the autocorrelation of columns at lags from 0 on, counted in rows, for each key.

    Parameters:
        of: the columns; a row without a number keeps its place, and counts in no product.
        every: tell it of each period of event time, from multiples of this, once it is over;
            otherwise of all rows, at their end.
        lags: the largest lag; a key and column take about 45 bytes of memory for each.
    Gives: a row for each key, period, column and lag: `column`, `lag` and `acf`, the sum of the
        products of the differences from the mean, by their sum at lag 0. Null where the column
        is constant or no two rows are that far apart. `_time` is the period's start, or the key's
        newest time.
    Errors: E214, `lags` below 1 or too large to be remembered; a column that is missing or holds
        no numbers. With `every`, late rows and rows without a time go to the dead letters.
    Source: Box, Jenkins, Reinsel and Ljung (2015), Time series analysis, section 2.1.5.

    >>> run("acf of=x, lags=2", x=[1.0, 2.0, 1.0, 2.0])
    {'column': ['x', 'x', 'x'], 'lag': [0, 1, 2], 'acf': [1.0, -0.75, 0.5]}
    """

    lags: int = 48

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lags < 1:
            raise ValueError(f"`lags` is {self.lags}, it must be 1 or more")
        check_room("lags", 1 + self.lags + 4 * (self.lags + 1), len(self.of))

    def fresh(self) -> Floats:
        """For each column an origin, the values of the last rows, and four sums for each lag."""
        return np.array([[0.0, *[np.nan] * self.lags, *[0.0] * 4 * (self.lags + 1)]] * len(self.of))

    def add(self, sums: Floats, values: Floats) -> Floats:
        """The sums with the products of a block and of what came before it."""
        flat, rows = sums.reshape(-1, sums.shape[2]), by_column(values).reshape(-1, values.shape[1])
        starts = range(0, len(flat), _AT_ONCE)
        parts = [self._added(flat[at : at + _AT_ONCE], rows[at : at + _AT_ONCE]) for at in starts]
        return np.concatenate([flat[:0], *parts]).reshape(sums.shape)

    def told(self, sums: Floats, rows: Floats) -> dict[str, Array]:
        """A row for each column and lag."""
        counts, later, earlier, products = self._split(sums.reshape(-1, sums.shape[2]))[2]
        mean = later[:, :1] / np.maximum(counts[:, :1], 1)
        found = products - mean * (later + earlier) + counts * mean**2
        usable = (counts > 0) & (found[:, :1] > 0)
        lags = np.arange(self.lags + 1)
        names = np.repeat(np.array(self.of, object), len(lags))
        return {
            "column": pa.array(np.tile(names, len(sums)).tolist(), pa.string()),
            "lag": pa.array(np.tile(lags, len(sums) * len(self.of))),
            "acf": numbers(np.where(usable, found, np.nan) / np.where(usable, found[:, :1], 1)),
        }

    def _added(self, flat: Floats, rows: Floats) -> Floats:
        origin, past, held = self._split(flat)
        origin = np.where(held[0][:, 0] > 0, origin, _middle(rows))
        series = np.concatenate([past, rows], axis=1)
        held = held + _products(series - origin[:, None], rows.shape[1])
        new = np.moveaxis(held, 0, 1).reshape(len(flat), -1)
        return np.hstack([origin[:, None], series[:, -self.lags :], new])

    def _split(self, flat: Floats) -> tuple[Floats, Floats, Floats]:
        """The origins, the last values, and 4 x series x lags sums."""
        sums = flat[:, 1 + self.lags :].reshape(len(flat), 4, self.lags + 1)
        return flat[:, 0], flat[:, 1 : 1 + self.lags], np.moveaxis(sums, 1, 0)


def _middle(rows: Floats) -> Floats:
    """The mean of each row's numbers: sums of differences from it lose few digits."""
    there = ~np.isnan(rows)
    return np.where(there, rows, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def _products(series: Floats, rows: int) -> Floats:
    """For each lag, of the last `rows` of a series and those a lag before them: how many are both
    there, the sums of the later ones, of the earlier ones, and of their products."""
    there = ~np.isnan(series)
    both = np.stack([there, np.where(there, series, 0)], axis=1)
    earlier = sliding_window_view(both, rows, axis=2)[:, :, ::-1]
    later = both[:, :, None, None, -rows:]
    sums = (later * earlier[:, None]).sum(axis=4)
    return np.stack([sums[:, 0, 0], sums[:, 1, 0], sums[:, 0, 1], sums[:, 1, 1]])
