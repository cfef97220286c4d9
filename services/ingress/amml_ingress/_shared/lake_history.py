"""The door to the history of a data set, which imports the lake when it is wanted."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from amml_runtime.batch import Batch
from amml_runtime.component import Portion, Secrets
from amml_runtime.errors import Unavailable, WorkflowFault
from amml_runtime.spec import StepSpec
from amml_runtime.state import Value

if TYPE_CHECKING:
    from amml_lake.data_set import DataSet
    from amml_lake.snapshot import Snapshot


class LakeHistory:
    """Reads a data set as it is when the reading begins, in the order of time.

    A position names the snapshot, and how far its files have been read.
    """

    def __init__(self, spec: StepSpec, _: Secrets) -> None:
        self._reader = f"{spec.workflow}.r{spec.run}.{spec.label}"
        self._snapshot: Snapshot | None = None
        self._empty = False

    def read(
        self, entry: Mapping[str, Any], first: int | None, until: int | None, position: Value
    ) -> Iterator[Portion]:
        """Rows of the times `[first, until)` from a position on, those of the entry's columns."""
        if position is not None and position["ended"]:
            return
        from amml_lake.arrow_types import schema_of
        from amml_lake.history import History, Place

        data_set = _data_set(entry)
        name = position["snapshot"] if position else None
        snapshot = self._snapshot = _plainly(lambda: self._taken(data_set, name, first, until))
        history = History(data_set, snapshot)
        parts = history.read(Place(*position["place"]) if position else Place())
        schema = schema_of(entry["columns"])
        self._empty = True
        while (part := _plainly(lambda: next(parts, None))) is not None:
            self._empty = False
            batch, place = part
            ended = place.group == len(history.groups)
            after = {"snapshot": snapshot.name, "place": list(place), "ended": ended}
            more = {"ends": snapshot.ends} if ended else {}
            rows = batch if schema is None else _with_columns(batch, schema)
            yield Portion(Batch(rows), after | more)

    def kept(self, entry: Mapping[str, Any], position: Value) -> None:
        """Once all is read and committed the files may go, unless a model is trained on them."""
        name = self._name_of_done(position)
        if name is None or entry.get("trains"):
            return
        from amml_lake.errors import LakeError
        from amml_lake.snapshot import drop

        try:
            drop(_data_set(entry), name)
        except LakeError as error:
            print(f"{error}; the snapshot {name} stays behind", flush=True)

    def _name_of_done(self, position: Value) -> str | None:
        """The snapshot of which all is read: of some nothing lies in the times that are wanted."""
        if position is not None:
            return position["snapshot"] if position["ended"] else None
        return self._snapshot.name if self._snapshot is not None and self._empty else None

    def ends(self, position: Value) -> Mapping[str, Value]:
        """Where the topics go on after what was read."""
        if position is not None:
            return position["ends"]
        return self._snapshot.ends if self._snapshot is not None else {}

    def _taken(
        self, data_set: "DataSet", name: str | None, first: int | None, until: int | None
    ) -> "Snapshot":
        from amml_lake import snapshot

        if name is not None:
            return snapshot.read(data_set, name)
        return snapshot.take(data_set, self._reader, first, until)


def _data_set(entry: Mapping[str, Any]) -> "DataSet":
    """The platform's lake may have another address here than where it was written from."""
    from amml_lake.data_set import DataSet
    from amml_lake.stores import open_store
    from amml_lake.stores.opening import is_same_lake

    said, own = str(entry["lake"]), os.environ.get("AMML_LAKE", "")
    address = own if is_same_lake(said, own) else said
    return _plainly(lambda: DataSet(open_store(address), entry["dataset"]))


def _with_columns(batch: Any, schema: Any) -> Any:
    """The columns that are known; a file of before one came has it not, and it is null there."""
    import pyarrow as pa

    there = set(batch.schema.names)
    fields = [batch.schema.field(f.name) if f.name in there else f for f in schema]
    columns = [
        batch.column(f.name) if f.name in there else pa.nulls(batch.num_rows, f.type)
        for f in fields
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _plainly(call: Callable[[], Any]) -> Any:
    """The lake's errors in the runtime's words."""
    from amml_lake import errors

    try:
        return call()
    except errors.Unavailable as error:
        raise Unavailable(str(error)) from error
    except errors.LakeError as error:
        raise WorkflowFault(str(error)) from error
