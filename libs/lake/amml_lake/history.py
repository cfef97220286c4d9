"""The rows of a snapshot, in the order of their time, from any place on."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amml_lake.commit import finish_all
from amml_lake.data_set import DataSet
from amml_lake.errors import Broken
from amml_lake.layout import replaced
from amml_lake.manifest import DataFile
from amml_lake.parquet_file import open_parquet
from amml_lake.snapshot import Snapshot

BATCH_ROWS = 10_000
TIME = "_time"


class Place(NamedTuple):
    """How far history has been read: the group of files, and the row in it."""

    group: int = 0
    row: int = 0


class History:
    """Reads a snapshot.

    Files whose times overlap are read together and sorted, others one after the other: so all rows
    come in the order of their time, and only what overlaps is in memory at once. Rows of one time
    keep the order of their files; a row without a time comes after those of its file.
    """

    def __init__(self, data_set: DataSet, snapshot: Snapshot) -> None:
        self._data_set = data_set
        self._snapshot = snapshot
        self.groups = groups(snapshot.files)

    def read(self, place: Place) -> Iterator[tuple[pa.RecordBatch, Place]]:
        """Batches from a place on, each with the place after it.

        Errors: Broken, a file is not there any more.
        """
        start = place.row
        for number in range(place.group, len(self.groups)):
            table = self._table(self.groups[number])
            while start < table.num_rows:
                part = table.slice(start, BATCH_ROWS)
                start += part.num_rows
                ends = start == table.num_rows
                after = Place(number + 1, 0) if ends else Place(number, start)
                yield _one_batch(part), after
            start = 0

    def _table(self, files: Sequence[DataFile]) -> pa.Table:
        tables = [self._file(each) for each in files]
        table = pa.concat_tables(tables, promote_options="default")
        bounds = (("greater_equal", self._snapshot.first), ("less", self._snapshot.until))
        for compare, bound in bounds:
            if bound is not None:
                limit = pa.scalar(bound, table.schema.field(TIME).type)
                table = table.filter(pc.call_function(compare, [table[TIME], limit]))
        order = pc.sort_indices(table, sort_keys=[(TIME, "ascending")])
        return table if _is_sorted(order) else table.take(order)

    def _file(self, file: DataFile) -> pa.Table:
        for path in (file.path, replaced(file.path)):  # where a compaction may have put it aside
            try:
                return self._read(path, file)
            except Broken:
                continue
        finish_all(self._data_set)  # its writer may have died, or is just bringing it into place
        return self._read(file.path, file)

    def _read(self, path: str, file: DataFile) -> pa.Table:
        with open_parquet(self._data_set.store, path, file.bytes) as opened:
            return opened.read()


def groups(files: Sequence[DataFile]) -> list[tuple[DataFile, ...]]:
    """Files in the order of their times; those that overlap together.

    >>> a, b, c = (DataFile(n, 1, 1, *t) for n, t in dict(a=(0, 5), b=(3, 9), c=(9, 9)).items())
    >>> [[file.path for file in group] for group in groups([c, b, a])]
    [['a', 'b', 'c']]
    >>> [[file.path for file in group] for group in groups([c, a])]
    [['a'], ['c']]
    """
    known = sorted((f for f in files if f.first is not None), key=lambda f: (f.first or 0, f.path))
    found: list[list[DataFile]] = []
    end = 0
    for each in known:
        first, last = each.first or 0, each.last or 0
        if not found or first > end:
            found.append([])
            end = last
        found[-1].append(each)
        end = max(end, last)
    unknown = [(each,) for each in sorted(files) if each.first is None]
    return [*map(tuple, found), *unknown]


def _is_sorted(order: Any) -> bool:
    return bool(np.array_equal(order, np.arange(len(order))))


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    [batch] = table.combine_chunks().to_batches()
    return batch
