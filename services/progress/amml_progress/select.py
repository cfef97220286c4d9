"""`select`: some of the columns."""

from dataclasses import dataclass
from datetime import datetime

from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Select(AbstractProgress):
    """Keep columns, in the order given.

    Parameters:
        columns: their names; time and key of a row always stay.
    Adds: nothing; columns keep their metadata.
    Errors: a column that is missing.

    >>> run("select OT, date", date=["a", "b"], HUFL=[5.8, 5.7], OT=[30.5, None])
    {'OT': [30.5, None], 'date': ['a', 'b']}
    """

    stateless = True

    columns: Columns

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with these columns only."""
        check_columns(batch, [name for name in self.columns if name not in (TIME, KEY)])
        return batch.select(self.columns)
