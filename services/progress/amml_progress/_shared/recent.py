"""The rows of the last while, kept in a partition's state as Arrow.

Rows lie in pieces, each a value of its own; two neighbours are joined when the newer is no smaller,
so that n rows take about log n pieces, and a row is written that often at the most.
"""

from typing import Any

import pyarrow as pa

from amml_progress._shared.pieces import LARGEST, packed, pieces, unpacked
from amml_runtime.batch import Batch
from amml_runtime.errors import RecordRefused
from amml_runtime.event_time import micros, span
from amml_runtime.state import State


class Recent:
    """Rows that a later row, or an event, may still want; `name` keeps several apart.

    >>> state = State()
    >>> recent = Recent(state, "co2")
    >>> for second in (1, 2, 3):
    ...     recent.add(Batch.from_rows([{"_time": second * 10**6, "x": second}]))
    >>> recent.forget(2_000_000)
    >>> recent.rows().column("x").to_pylist()
    [2, 3]
    """

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._name = name

    def add(self, batch: Batch) -> None:
        """Keep the rows, each of which has a time.

        Errors: RecordRefused, a column has another type, or other metadata, than in the rows kept.
        """
        self._check(batch.schema)
        for piece in pieces(batch) if batch.rows else ():
            self._append(piece)

    def rows(self) -> Batch:
        """All that is kept, as it came; a column that some rows lack is null there."""
        return _joined(list(map(self._piece, self._index())))

    def forget(self, before: int) -> None:
        """Let go of the rows from before that time, in microseconds."""
        for number, (_, first, last) in list(self._index().items()):
            if last < before:
                self._drop(number)
            elif first < before:
                piece = self._piece(number)
                self._put(number, piece.filter(pa.array(micros(piece.times) >= before)))

    def _check(self, schema: pa.Schema) -> None:
        number = max(self._index(), default=None)
        kept = schema if number is None else self._piece(number).schema
        for field in schema:
            at = kept.get_field_index(field.name)
            if at >= 0 and not field.equals(kept.field(at), check_metadata=True):
                before = kept.field(at)
                other = f"{field.type}, beside rows in which it is {before.type}"
                if field.type == before.type:
                    other = f"{field.metadata}, beside rows in which it carries {before.metadata}"
                raise RecordRefused(f"column `{field.name}` is {other}")

    def _append(self, batch: Batch) -> None:
        number = max(self._index(), default=-1) + 1
        self._put(number, batch)
        while (before := self._mate(number)) is not None:
            joined = Batch.concat([self._piece(before), self._piece(number)])
            self._drop(number)
            self._put(before, joined)
            number = before

    def _mate(self, number: int) -> int | None:
        """The piece before, if it is no larger, of the same columns, and small enough to join."""
        index = self._index()
        before = max((each for each in index if each < number), default=None)
        if before is None or index[before][0] > index[number][0]:
            return None
        data = self._state[self._key(before)], self._state[self._key(number)]
        if len(data[0]) + len(data[1]) > LARGEST:
            return None
        schemas = [self._piece(each).schema for each in (before, number)]
        return before if schemas[0].equals(schemas[1], check_metadata=True) else None

    def _put(self, number: int, batch: Batch) -> None:
        found = span(batch)
        assert found is not None, "rows without a time are refused before"
        self._state[self._key(number)] = packed(batch)
        index = self._state.get(self._name) or {}
        self._state[self._name] = {**index, str(number): [batch.rows, *found]}

    def _drop(self, number: int) -> None:
        index = dict(self._state[self._name])
        del index[str(number)], self._state[self._key(number)]
        self._state[self._name] = index

    def _piece(self, number: int) -> Batch:
        return unpacked(self._state[self._key(number)])

    def _index(self) -> dict[int, tuple[int, int, int]]:
        """Of each piece how many rows it has, and their first and last time."""
        found: dict[str, Any] = self._state.get(self._name) or {}
        return {int(number): tuple(each) for number, each in sorted(found.items(), key=_number)}

    def _key(self, number: int) -> str:
        return f"{self._name}:{number}"


def _number(item: tuple[str, Any]) -> int:
    return int(item[0])


def _joined(batches: list[Batch]) -> Batch:
    if not batches:
        return Batch.empty()
    if all(each.schema.equals(batches[0].schema, check_metadata=True) for each in batches):
        return Batch.concat(batches)
    tables = [pa.Table.from_batches([each.data]) for each in batches]
    whole = pa.concat_tables(tables, promote_options="default").combine_chunks()
    return Batch(whole.to_batches()[0]) if whole.num_rows else batches[-1].slice(0, 0)
