"""A source of the tests: 0, 1, 2 ... in portions."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Portion
from amml_runtime.state import Value


@dataclass(frozen=True)
class Counting(AbstractIngress):
    """Count from 0 on.

    Parameters:
        rows: how many.
        portion: how many at once.
        keys: how many different keys; 0: null.
    """

    rows: int = 1000
    portion: int = 10
    keys: int = 0

    def ends(self) -> bool:
        return True

    def read(self, position: Value) -> Iterator[Portion]:
        for start in range(position or 0, self.rows, self.portion):
            values = list(range(start, min(start + self.portion, self.rows)))
            keys = [str(v % self.keys) if self.keys else None for v in values]
            columns = {"_key": pa.array(keys, pa.string()), "n": pa.array(values, pa.int64())}
            yield Portion(Batch(pa.RecordBatch.from_pydict(columns)), values[-1] + 1)
