"""`diff`: how much a value has changed."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from amml_progress._shared.steps_back import check_by, known, steps_back
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Column, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Diff(AbstractProgress):
    """Tell how far each value lies above the one some rows before it, of the same key.

    Parameters:
        of: the columns x.
        by: how many rows before, 1 to 1,000; the rows of a season take the season out.
    Adds: `<of>_diff`, float64: x[t] - x[t-by], null where one of the two is not there.
    Errors: E214, a `by` out of range; a column that is missing or holds no numbers.
    Source: Box and Jenkins (1970), Time series analysis: differencing.

    >>> run("diff of=OT", OT=[30.0, 31.5, None, 28.0, 27.0])
    {'OT': [30.0, 31.5, None, 28.0, 27.0], 'OT_diff': [None, 1.5, None, None, -1.0]}
    """

    of: Columns = (Column("value"),)
    by: int = 1

    def __post_init__(self) -> None:
        check_by(self.by, len(self.of))

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the differences beside it."""
        for name, values, before in steps_back(batch, self.of, self.by, state):
            with np.errstate(all="ignore"):
                batch = batch.with_column(f"{name}_diff", known(values - before))
        return batch
