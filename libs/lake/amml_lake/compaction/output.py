"""A file in the making."""

from typing import Any

import pyarrow as pa

from amml_lake.buffer import GROUP_BYTES, Encoder
from amml_lake.compaction.ordered import TIME


class Output:
    """A file of rows in the order of their time, whose `first` and `last` it knows.

    Parameters:
        schema: its columns.
        target: how long it is to be, in bytes.
    """

    def __init__(self, schema: pa.Schema, target: int) -> None:
        self._encoder = Encoder(schema, min(GROUP_BYTES, target // 4))
        self._target = target
        self.first = self.last = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the rows that come next."""
        times: Any = batch.column(TIME)
        self.first = self.first if self.rows else times[0].value
        self.last = times[-1].value
        self._encoder.add(batch)

    @property
    def rows(self) -> int:
        """How many there are."""
        return self._encoder.rows

    @property
    def is_full(self) -> bool:
        """Whether it is about as long as it is to be."""
        return self._encoder.bytes >= self._target

    def close(self) -> pa.Buffer:
        """The whole file."""
        return self._encoder.close()
