"""`tap`: the rows of another workflow's step."""

from dataclasses import dataclass
from datetime import datetime

from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress, Step
from amml_runtime.state import State


@dataclass(frozen=True)
class Tap(AbstractIngress):
    """Read what a step of a deployed workflow writes, without changing or slowing it.

    Parameters:
        of: the step, as `"workflow.label"`.
    Adds: nothing; rows, keys, times and metadata come as the step wrote them.
    Errors: E209, there is no such step.

    >>> run('tap of="ett-train.minmax_scaler"', OT=[0.0, 0.5])
    {'OT': [0.0, 0.5]}
    """

    stateless = True

    of: Step

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows as they are."""
        return batch
