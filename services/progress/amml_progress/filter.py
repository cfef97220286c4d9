"""`filter`: some of the rows."""

from dataclasses import dataclass
from datetime import datetime

from amml_language.datatypes import Type
from amml_language.script import Script
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.state import State


@dataclass(frozen=True)
class Filter(AbstractProgress):
    """Keep the rows for which a condition is true.

    Parameters:
        cond: the condition; where it is null, as for `co2 > 1000` of a null, the row is left out.
    Adds: nothing; columns keep their metadata.
    Errors: an unknown column, or a condition that is neither true nor false.

    >>> run("filter cond = co2 > 1000", co2=[900, None, 1200])
    {'co2': [1200]}
    """

    stateless = True

    cond: Script

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows that are kept."""
        outcome = self.cond.run(batch.data, Type.BOOLEAN)
        state.count_nulled(outcome.nulled)
        return batch.filter(outcome.values)
