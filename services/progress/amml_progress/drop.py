"""`drop`: all columns but some."""

from dataclasses import dataclass
from datetime import datetime

from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class Drop(AbstractProgress):
    """Leave columns out.

    Parameters:
        columns: their names; time and key of a row always stay.
    Adds: nothing; the other columns keep their order and metadata.
    Errors: a column that is missing.

    >>> run("drop HUFL", date=["a", "b"], HUFL=[5.8, 5.7], OT=[30.5, None])
    {'date': ['a', 'b'], 'OT': [30.5, None]}
    """

    stateless = True

    columns: Columns

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch without these columns."""
        check_columns(batch, self.columns)
        return batch.drop(self.columns)
