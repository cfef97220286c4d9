"""All rows of a partition, held in the state until its end: for what cannot go from row to row."""

import numpy as np
import pyarrow as pa

from amml_progress._shared.by_key import grouped
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State

_PIECE = "piece:"
_PIECES = "pieces"
_ROWS = "rows"
_BYTES = 400_000  # of a piece: a record of the changelog has to stay under 900,000


def hold_all(batch: Batch, state: State, most: int) -> None:
    """Hold the rows; raises `WorkflowFault` when a key has more than `most`."""
    _count(batch, state, most)
    number = state.get(_PIECES, 0)
    size = max(1, batch.rows * _BYTES // max(batch.data.nbytes, 1))
    for start in range(0, batch.rows, size):
        state[f"{_PIECE}{number}"] = _written(batch.slice(start, size))
        number += 1
    state[_PIECES] = number


def let_all_go(state: State) -> Batch | None:
    """The rows in the order in which they came; None if there were none."""
    pieces = [state.pop(f"{_PIECE}{number}") for number in range(state.pop(_PIECES, 0))]
    return Batch.concat([_read(piece) for piece in pieces]) if pieces else None


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


def _written(batch: Batch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch.data)
    return sink.getvalue().to_pybytes()


def _read(piece: bytes) -> Batch:
    with pa.ipc.open_stream(piece) as reader:
        return Batch(reader.read_next_batch())
