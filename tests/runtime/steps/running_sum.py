"""A component of the tests: the running sum of `value`, in state."""

import sys
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.state import State


@dataclass(frozen=True)
class RunningSum(AbstractProgress):
    """Sum up a column of whole numbers.

    Parameters:
        of: the column.
        fails_at: fail on rows with this value.
        fails_for: fail on rows with this key.
        complains: how many characters more the failure says.
        exits_at: end the process, as a careless author might, on rows with this value.
    """

    of: str = "n"
    fails_at: int = -1
    fails_for: str = ""
    complains: int = 0
    exits_at: int = -1

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        total: int = state.get("total") or 0
        sums: list[int] = []
        for row in batch.to_rows():
            value: int = row[self.of]
            if value == self.fails_at or row["_key"] == self.fails_for:
                raise ValueError(f"{value} is not wanted" + "!" * self.complains)
            if value == self.exits_at:
                sys.exit(0)
            total += value
            sums.append(total)
        state["total"] = total
        return batch.with_column("total", pa.array(sums, pa.int64()))

    def finish(self, state: State, now: datetime) -> Batch | None:
        return Batch.from_rows([{"n": -1, "total": state.get("total", 0)}])
