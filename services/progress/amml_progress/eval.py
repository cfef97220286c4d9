"""`eval`: new columns out of others."""

from dataclasses import dataclass
from datetime import datetime

from amml_runtime.batch import KEY, TIME, Batch
from amml_runtime.component import AbstractProgress, Assignments
from amml_runtime.state import State


@dataclass(frozen=True)
class Eval(AbstractProgress):
    """Compute columns, from left to right; later ones see earlier ones.

    Parameters:
        assignments: the new columns, each a name and the script that computes it; a name that
            is there already is replaced in its place, without the metadata it carried.
    Adds: the new columns, at the end, in the type that the script gives; null where an operation
        cannot be computed.
    Errors: E214, a new `_time` or `_key`; an unknown column, or one of a wrong type.

    >>> run("eval c = (f - 32) / 1.8, warm = c > 20", f=[50.0, 86.0, None])
    {'f': [50.0, 86.0, None], 'c': [10.0, 30.0, None], 'warm': [False, True, None]}
    """

    stateless = True

    assignments: Assignments

    def __post_init__(self) -> None:
        for name, _ in self.assignments:
            if name in (TIME, KEY):
                raise ValueError(f"`{name}` is set by the source, and a key by `key by=...`")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The batch with the columns."""
        for name, script in self.assignments:
            outcome = script.run(batch.data)
            state.count_nulled(outcome.nulled)
            batch = batch.with_column(name, outcome.values)
        return batch
