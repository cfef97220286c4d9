"""Messages of a named topic as rows: one JSON record a message."""

from collections.abc import Sequence

from confluent_kafka import Message

from amml_runtime import records
from amml_runtime.batch import Batch, Row
from amml_runtime.chunk import Chunk, Unreadable
from amml_runtime.component import Origin
from amml_runtime.errors import RecordRefused
from amml_runtime.spec import InputSpec


def chunk_of(place: tuple[str, int], spec: InputSpec, run: Sequence[Message]) -> Chunk:
    """All the records of neighbouring messages; those that cannot be read beside them."""
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for message in run:
        value, key, offset = message.value(), message.key(), _offset(message)
        try:
            rows.append(records.read(records.Record(value, key, message.timestamp()[1])))
        except RecordRefused as refusal:
            at = Origin(*place, offset, offset + 1)
            unreadable.append(Unreadable(value, refusal.reason, at))
    origin = Origin(*place, _offset(run[0]), _offset(run[-1]) + 1)
    batch = records.to_batch(rows) if rows else Batch.empty()
    return Chunk(batch, origin, spec.kind, tuple(unreadable))


def _offset(message: Message) -> int:
    return int(message.offset() or 0)
