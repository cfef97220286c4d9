"""`normalsource`: random numbers to try things with."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from amml_language.numpy_column import from_numpy
from amml_language.tree import Duration
from amml_runtime.batch import TIME, TIME_TYPE, Batch
from amml_runtime.component import AbstractIngress, Portion
from amml_runtime.state import Value

_BLOCK = 4096  # rows drawn at once: a block's numbers depend on the seed and its place alone


@dataclass(frozen=True)
class Normalsource(AbstractIngress):
    """Make normally distributed numbers, the same ones for the same seed.

    Parameters:
        mean: mu, the mean.
        std: sigma, the standard deviation; 0 gives a constant.
        rows: how many; null never ends.
        seed: chooses the numbers; row n depends on the seed and n alone.
        every: the event time between two rows; row n is at 1970-01-01 + n * every.
        rate: rows a second at the most; null is as fast as possible, without `rows` 1,000.
    Adds: `value`, float64.
    Errors: E214, a negative `std`, `rows` or `seed`, or a `rate` that is not above 0.
    Source: Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3 (Philox).

    >>> run("normalsource mean=10, std=2, rows=3")
    {'value': [10.318590932012466, 6.451622958396557, 12.653023763766178]}
    """

    mean: float = 0.0
    std: float = 1.0
    rows: int | None = None
    seed: int = 0
    every: Duration = Duration(1_000_000)
    rate: float | None = None

    def __post_init__(self) -> None:
        for name in ("std", "rows", "seed"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"`{name}` is {getattr(self, name)}, it must not be negative")
        if self.rate is not None and self.rate <= 0:
            raise ValueError(f"`rate` is {self.rate}, it must be above 0")

    def ends(self) -> bool:
        """With `rows`."""
        return self.rows is not None

    def pace(self) -> float | None:
        """`rate`; without it, what never ends is slow enough not to fill a disk."""
        return self.rate if self.rate or self.ends() else 1000.0

    def read(self, position: Value) -> Iterator[Portion]:
        """A block at a time, or what a twentieth of a second may have."""
        row, pace = position or 0, self.pace()
        most = _BLOCK if pace is None else max(1, min(_BLOCK, int(pace / 20)))
        while self.rows is None or row < self.rows:
            left = _BLOCK - row % _BLOCK if self.rows is None else self.rows - row
            count = min(most, left, _BLOCK - row % _BLOCK)
            yield Portion(self._batch(row, count), row + count)
            row += count

    def _batch(self, first: int, count: int) -> Batch:
        numbers = np.arange(first, first + count, dtype=np.int64)
        block, at = divmod(first, _BLOCK)
        philox = np.random.Philox(key=self.seed, counter=[0, 0, block, 0])
        drawn = np.random.Generator(philox).standard_normal(_BLOCK)[at : at + count]
        times = from_numpy(numbers * self.every.microseconds).cast(TIME_TYPE)
        values = from_numpy(self.mean + self.std * drawn)
        return Batch(pa.RecordBatch.from_pydict({TIME: times, "value": values}))
