"""Messages of a named topic as rows: one JSON record a message."""

from collections import deque
from collections.abc import Sequence

from confluent_kafka import Message

from amml_runtime import record_columns
from amml_runtime.chunk import Chunk, Unreadable
from amml_runtime.component import Origin
from amml_runtime.spec import InputSpec


def take_run(pending: deque[Message], place: tuple[str, int]) -> list[Message]:
    """Take the messages of a partition that stand first, up to one that is an error."""
    said = (map(each, pending) for each in (Message.topic, Message.partition, Message.error))
    ends = (at for at, kind in enumerate(zip(*said, strict=True)) if kind != (*place, None))
    return [pending.popleft() for _ in range(next(ends, len(pending)))]


def chunk_of(place: tuple[str, int], spec: InputSpec, run: Sequence[Message]) -> Chunk:
    """The records of neighbouring messages as one chunk; those that cannot be read beside them."""
    values, keys = list(map(Message.value, run)), list(map(Message.key, run))
    stamps = [stamp for _, stamp in map(Message.timestamp, run)]
    batch, refused = record_columns.read_all(values, keys, stamps)
    origin = Origin(*place, _offset(run[0]), _offset(run[-1]) + 1)
    unreadable = tuple(
        Unreadable(values[at], reason, _origin(place, run[at])) for at, reason in refused.items()
    )
    return Chunk(batch, origin, spec.kind, unreadable)


def _origin(place: tuple[str, int], message: Message) -> Origin:
    offset = _offset(message)
    return Origin(*place, offset, offset + 1)


def _offset(message: Message) -> int:
    return int(message.offset() or 0)
