"""`lag`: an earlier value beside the one of now."""

from dataclasses import dataclass
from datetime import datetime

from amml_progress._shared.steps_back import check_by, known, steps_back
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Lag(AbstractProgress):
    """Put beside each value the one some rows before it, of the same key.

    Parameters:
        of: the columns x.
        by: how many rows before, 1 to 1,000.
    Adds: `<of>_lag<by>`, float64, with the metadata of x; null in the first rows of a key, and
        where the row before had no finite value.
    Errors: E214, a `by` out of range; a column that is missing or holds no numbers.
    Source: Box and Jenkins (1970), Time series analysis: the backward shift operator B.

    >>> run("lag of=OT, by=2", OT=[30.0, 31.0, None, 28.0, 27.0])
    {'OT': [30.0, 31.0, None, 28.0, 27.0], 'OT_lag2': [None, None, 30.0, 31.0, None]}
    """

    of: Columns = (Column("value"),)
    by: int = 1

    def __post_init__(self) -> None:
        check_by(self.by)

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the earlier values beside it."""
        for name, _, before in steps_back(batch, self.of, self.by, state):
            batch = batch.with_column(f"{name}_lag{self.by}", known(before), batch.meta(name))
        return batch
