"""`minmax_inverse`: what `minmax_scaler` did, undone."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow.compute as pc

from amml_progress._shared import scaling
from amml_runtime.batch import Array, Batch
from amml_runtime.component import AbstractProgress, Columns
from amml_runtime.state import State


@dataclass(frozen=True)
class MinmaxInverse(AbstractProgress):
    """Bring columns back to the units they had before `minmax_scaler`.

    Parameters:
        of: the columns x; all that carry limits unless given, forecasts of a model included.
    Adds: nothing; x becomes x * (max - min) + min, float64, with the limits that the column
        carries, and carries them no longer. Other columns stay.
    Errors: no column carries limits, or one that `of` names does not.
    Source: Han, Kamber and Pei (2011), Data mining, section 3.5.2.

    >>> run("minmax_scaler min=20, max=40 | minmax_inverse", OT=[20.0, 30.0, None, 45.0])
    {'OT': [20.0, 30.0, None, 45.0]}
    """

    stateless = True

    of: Columns = ()

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch in its own units."""
        return scaling.unscaled(batch, self.of, "minmax", _restore)


def _restore(values: Array, document: scaling.Document) -> Array:
    width = document["max"] - document["min"]
    return pc.add(pc.multiply(values, width or 1.0), document["min"])
