"""`lookup`: columns of a table beside each row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from amml_progress._shared.numbers import check_columns
from amml_progress._shared.pieces import append, appended
from amml_runtime.batch import KEY, Array, Batch
from amml_runtime.component import AbstractProgress, Column
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State

KINDS = ("inner", "left")


@dataclass(frozen=True)
class Lookup(AbstractProgress):
    """Put the columns of a table, such as where each sensor stands, beside each row.

    `join table="sensors"` is another way to write it. The table is a source of the catalogue that
    ends; it is read whole before the first row, by a step of its own. After the table was changed,
    `deploy --fresh` takes the new one.

    Parameters:
        table: the source.
        by: the column, of the rows and of the table, whose values say what belongs together;
            without it, their keys do.
        how: "left" keeps rows that the table does not know, with nulls; "inner" leaves them out.
    Adds: the table's columns, with their metadata; a name that is taken already is preceded by
        the table's, as in `sensors_unit`. Of several rows of the table the last holds.
    Errors: E214, another `how`; a `by` that is missing, or of another type in the table.

    >>> run('lookup "rooms", by=room', room=["a", "b"], co2=[400, 500],
    ...     beside={"rooms": {"room": ["a", "c"], "floor": [1, 3]}})
    {'room': ['a', 'b'], 'co2': [400, 500], 'floor': [1, None]}
    """

    aligned = True

    table: str
    by: Column | None = None
    how: str = "left"

    def __post_init__(self) -> None:
        if self.how not in KINDS:
            raise ValueError(f"`how` is {self.how!r}, one of {', '.join(KINDS)}")

    def event(self, batch: Batch, state: State, now: datetime, of: str) -> Batch | None:
        """Rows of the table; also where there are none, its columns."""
        self._links(batch)
        append(batch, state)
        return None

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows with what the table says of each."""
        links = self._links(batch)
        found = appended(state)
        if not found:
            return batch if self.how == "left" else batch.slice(0, 0)
        table = _backwards(Batch.concat(found))
        known = self._links(table)
        if known.type != links.type:
            raise WorkflowFault(
                f"`{self.by}` is {links.type}, and {known.type} in the table `{self.table}`"
            )
        at = cast(Any, pc.index_in(links, value_set=known))
        if self.how == "inner":
            batch, at = batch.filter(pc.is_valid(at)), at.drop_null()
        for name in table.names:
            if name != self.by:
                new = f"{self.table}_{name}" if name in batch.names else name
                batch = batch.with_column(new, table.column(name).take(at), table.meta(name))
        return batch

    def _links(self, batch: Batch) -> Array:
        """What says which rows belong together."""
        check_columns(batch, [self.by] if self.by else [])
        return batch.column(self.by or KEY)


def _backwards(table: Batch) -> Batch:
    """The last rows first: the first that is found holds."""
    return table.take(pa.array(range(table.rows - 1, -1, -1), pa.int64()))
