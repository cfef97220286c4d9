"""Whole rows that a component keeps back until later rows decide about them.

A key's rows lie in the state as lists of plain values, and the columns they belong to once for
all keys, so that the end of the input can bring them back too.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared.by_key import Grouped
from amml_runtime.batch import Batch
from amml_runtime.state import State

HeldRow: TypeAlias = list[Any]  # the number of its columns in the state, then its values

HELD = "held:"  # before a key's place: where its rows are
NEVER = np.iinfo(np.int64).max  # what waits for no row of this batch
_COLUMNS = "columns"


def hold(batch: Batch, state: State) -> list[HeldRow]:
    """The rows as they can be put into the state; their columns are remembered there.

    >>> from amml_runtime.testing import batch_of
    >>> state = State()
    >>> rows = hold(batch_of({"_key": ["a"], "x": [1.5]}), state)
    >>> rows, let_go(rows, state).to_rows()
    ([[0, None, 'a', 1.5]], [{'_time': None, '_key': 'a', 'x': 1.5}])
    """
    if batch.rows == 0:
        return []
    known, columns = state.get(_COLUMNS, []), batch.schema.serialize().to_pybytes()
    if columns not in known:
        known = [*known, columns]
        state[_COLUMNS] = known
    number = [known.index(columns)] * batch.rows
    stored = [_to_plain(column).to_pylist() for column in batch.data.columns]
    return [list(row) for row in zip(number, *stored, strict=True)]


def let_go(rows: Sequence[HeldRow], state: State) -> Batch:
    """The batch that rows from the state make; raises `BatchesDiffer` if their columns do."""
    batches: list[Batch] = []
    for number, group in groupby(rows, lambda row: row[0]):
        schema = pa.ipc.read_schema(pa.py_buffer(state[_COLUMNS][number]))
        columns = list(zip(*group, strict=True))[1:]
        arrays = [_from_plain(v, f.type) for v, f in zip(columns, schema, strict=True)]
        batches.append(Batch(pa.RecordBatch.from_arrays(arrays, schema=schema)))
    return Batch.concat(batches) if batches else Batch.empty()


def hold_more(batch: Batch, stays: NDArray[np.bool_], names: Sequence[str], state: State) -> None:
    """Put the rows that stay to those that are held under the name of each row."""
    rows = np.flatnonzero(stays).tolist()
    more: dict[str, list[HeldRow]] = {}
    for row, held in zip(rows, hold(batch.take(pa.array(rows, pa.int64())), state), strict=True):
        more.setdefault(names[row], []).append(held)
    for name, each in more.items():
        state[name] = [*state.get(name, []), *each]


def in_turn(
    batch: Batch,
    when: NDArray[np.int64],
    earlier: Batch,
    turns: Sequence[int] | NDArray[np.int64],
    order_by: NDArray[np.int64] | None = None,
) -> tuple[Batch, NDArray[np.int64]]:
    """The rows that go on now, each in front of the row it waited for, and which row that was.

    Parameters:
        batch: rows that have come.
        when: of each the number of the row it waits for; its own if it waits for none, or NEVER.
        earlier: rows that came before.
        turns: of each of these the number of the row it waited for.
        order_by: a number for each row, first the earlier ones; those that waited for the same row
            go on in its order. Without it the order is that in which they came.
    """
    if not earlier.rows and (when == np.arange(batch.rows)).all():
        return batch, when
    together = Batch.concat([earlier, batch]) if earlier.rows else batch
    all_turns = np.concatenate([np.array(turns, np.int64), when])
    came = np.arange(together.rows)
    order = np.lexsort((came, came if order_by is None else order_by, all_turns))
    order = order[all_turns[order] != NEVER]
    return together.take(pa.array(order)), all_turns[order]


def held_of(found: Grouped, counts: NDArray[np.float64], state: State) -> dict[int, list[HeldRow]]:
    """The rows of the groups that hold some, as their counts say."""
    return {group: state[HELD + found.places[group]] for group in np.flatnonzero(counts).tolist()}


def put_away(
    batch: Batch,
    stays: NDArray[np.bool_],
    found: Grouped,
    held: Mapping[int, Sequence[HeldRow]],
    state: State,
) -> NDArray[np.int64]:
    """Hold the rows that stay, and tell how many those of each group are.

    Parameters:
        batch: rows that have come.
        stays: which rows stay, first those that were held, then the batch's.
        found: the groups of the batch's rows.
        held: what was held of each group.
    """
    earlier = iter(stays.tolist())
    kept = {group: [row for row in rows if next(earlier)] for group, rows in held.items()}
    new = np.flatnonzero(list(earlier))
    plain = hold(batch.take(from_numpy(new)), state)
    for group, row in zip(found.groups[new].tolist(), plain, strict=True):
        kept.setdefault(group, []).append(row)
    counts = np.zeros(len(found.places), np.int64)
    for group, rows in kept.items():
        counts[group] = len(rows)
        if rows:
            state[HELD + found.places[group]] = rows
        else:
            state.pop(HELD + found.places[group], None)
    return counts


def held_places(state: State) -> list[str]:
    """Where rows are held, in an order that a restart keeps."""
    return sorted(place for place in state if place.startswith(HELD))


def _plain(type_: pa.DataType) -> pa.DataType | None:
    """As what msgpack can carry; None: as it is."""
    if pa.types.is_timestamp(type_) or pa.types.is_duration(type_) or pa.types.is_time64(type_):
        return pa.int64()
    if pa.types.is_date64(type_):
        return pa.int64()
    if pa.types.is_date32(type_) or pa.types.is_time32(type_):
        return pa.int32()
    return pa.string() if pa.types.is_decimal(type_) else None


def _to_plain(column: Any) -> Any:
    plain = _plain(column.type)
    return column if plain is None else column.cast(plain)


def _from_plain(values: Iterable[Any], type_: pa.DataType) -> Any:
    plain = _plain(type_)
    return pa.array(values, type_) if plain is None else pa.array(values, plain).cast(type_)
