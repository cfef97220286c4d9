"""`lag`: an earlier value beside the one of now."""

from dataclasses import dataclass
from datetime import datetime

from amml_language.printer import show_constant
from amml_language.tree import Duration
from amml_progress._shared.steps_back import check_by, known, steps_back
from amml_progress._shared.time_back import time_back
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Lag(AbstractProgress):
    """Put beside each value the one some rows, or some time, before it, of the same key.

    Parameters:
        of: the columns x.
        by: how many rows before, 1 to 1,000; with `age`, how many rows back to look at the most.
        age: the last row that is at least so much older, wherever among those it is.
    Adds: `<of>_lag<by>` or `<of>_lag<age>`, as in OT_lag24 and OT_lag1h, float64, with the metadata
        of x; null where there is no such row, or it had no finite value.
    Errors: E214, a `by` or `age` out of range; a column that is missing or holds no numbers.
    Source: Box and Jenkins (1970), Time series analysis: the backward shift operator B.

    >>> run("lag of=OT, by=2", OT=[30.0, 31.0, None, 28.0, 27.0])
    {'OT': [30.0, 31.0, None, 28.0, 27.0], 'OT_lag2': [None, None, 30.0, 31.0, None]}
    """

    of: Columns = (Column("value"),)
    by: int = 1
    age: Duration | None = None

    def __post_init__(self) -> None:
        check_by(self.by, len(self.of) + 1)
        if self.age is not None and self.age.microseconds <= 0:
            raise ValueError("`age` is no time at all")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the earlier values beside it."""
        if self.age is None:
            pairs = steps_back(batch, self.of, self.by, state)
        else:
            pairs = time_back(batch, self.of, self.by, self.age.microseconds, state)
        distance = show_constant(self.age or self.by)
        for name, _, before in pairs:
            batch = batch.with_column(f"{name}_lag{distance}", known(before), batch.meta(name))
        return batch
