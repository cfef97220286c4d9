"""Rows as values of a state: Arrow, in pieces that a record of the changelog can take."""

from collections.abc import Iterator

import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.state import State

LARGEST = 256 << 10  # bytes
_COUNT = "pieces"


def append(batch: Batch, state: State) -> None:
    """Keep the rows, after those that were kept before.

    >>> state = State()
    >>> append(Batch.from_rows([{"a": 1}]), state)
    >>> append(Batch.from_rows([{"a": 2}]), state)
    >>> Batch.concat(appended(state)).column("a").to_pylist()
    [1, 2]
    """
    number: int = state.get(_COUNT, 0)
    for piece in pieces(batch):
        state[f"{_COUNT}:{number}"] = packed(piece)
        number += 1
    state[_COUNT] = number


def appended(state: State) -> list[Batch]:
    """The pieces that are kept, in the order in which they came."""
    return [unpacked(state[f"{_COUNT}:{number}"]) for number in range(state.get(_COUNT, 0))]


def taken(state: State) -> list[Batch]:
    """The same, and they are kept no longer."""
    batches = appended(state)
    for number in range(state.pop(_COUNT, 0)):
        del state[f"{_COUNT}:{number}"]
    return batches


def pieces(batch: Batch) -> Iterator[Batch]:
    """The rows in pieces; a batch without rows is one."""
    if batch.rows <= 1 or batch.data.nbytes <= LARGEST // 2:
        yield batch
        return
    half = batch.rows // 2
    yield from pieces(batch.slice(0, half))
    yield from pieces(batch.slice(half))


def packed(batch: Batch) -> bytes:
    """A piece as a value.

    >>> unpacked(packed(Batch.from_rows([{"a": 1}]))).column("a").to_pylist()
    [1]
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch.data)
    return sink.getvalue().to_pybytes()


def unpacked(value: bytes) -> Batch:
    """What `packed` was given."""
    with pa.ipc.open_stream(pa.py_buffer(value)) as reader:
        return Batch(reader.read_next_batch())
