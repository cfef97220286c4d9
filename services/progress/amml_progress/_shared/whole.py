"""All rows of a partition, held in the state until its end: for what cannot go from row to row."""

import numpy as np

from amml_progress._shared.by_key import grouped
from amml_progress._shared.pieces import append, taken
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State

_ROWS = "rows"


def hold_all(batch: Batch, state: State, most: int) -> None:
    """Hold the rows; raises `WorkflowFault` when a key has more than `most`."""
    _count(batch, state, most)
    if batch.rows:
        append(batch, state)


def let_all_go(state: State) -> Batch | None:
    """The rows in the order in which they came; None if there were none."""
    batches = taken(state)
    return Batch.concat(batches) if batches else None


def _count(batch: Batch, state: State, most: int) -> None:
    places, groups = grouped(batch.keys, _ROWS)
    counts = state.numbers(places, np.zeros((1, 1)))
    counts[:, 0, 0] += np.bincount(groups, minlength=len(places))
    state.set_numbers(places, counts)
    if counts.max(initial=0) > most:
        key = batch.keys[int(np.flatnonzero(groups == counts.argmax())[0])].as_py()
        raise WorkflowFault(
            f"key {key!r} has more than {most} rows, which `most` allows to be held in memory"
        )
