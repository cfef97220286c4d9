"""`zscore_inverse`: what `zscore_scaler` did, undone."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow.compute as pc

from amml_progress._shared import scaling
from amml_runtime.batch import Array, Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class ZscoreInverse(AbstractProgress):
    """Bring columns back to the units they had before `zscore_scaler`.

    Parameters:
        of: the columns x; all that carry moments unless given, forecasts of a model included.
    Adds: nothing; x becomes x * std + mean, float64, with the moments that the column carries,
        and carries them no longer. Other columns stay.
    Errors: no column carries moments, or one that `of` names does not.
    Source: Han, Kamber and Pei (2011), Data mining, section 3.5.2.

    >>> run("zscore_scaler mean=30, std=4 | zscore_inverse", OT=[20.0, 30.0, None, 45.0])
    {'OT': [20.0, 30.0, None, 45.0]}
    """

    stateless = True

    of: Columns = ()

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch in its own units."""
        return scaling.unscaled(batch, self.of, "zscore", _restore)


def _restore(values: Array, document: scaling.Document) -> Array:
    return pc.add(pc.multiply(values, document["std"] or 1.0), document["mean"])
