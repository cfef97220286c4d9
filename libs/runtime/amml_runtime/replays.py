"""What a step reads again: dead letters that somebody has sent back to it.

They come from a topic of the run that all its steps read, and each takes what is its own. It is no
part of the ledger, as nothing before it counts it; the position in it is state like any other, so
each letter takes effect once.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import Consumer, Message

from amml_runtime import record_columns, wire
from amml_runtime.chunk import Chunk, Unreadable
from amml_runtime.component import Origin
from amml_runtime.envelope.rows import Run, read_alone
from amml_runtime.spec import InputSpec, StepSpec

SECONDS = 15.0
ROW = b"row"  # an Arrow batch of one row, as the step had been given it
RECORD = b"record"  # a message of a named topic


def inputs_of(spec: StepSpec, partition: int, client: Consumer) -> list[tuple[InputSpec, int]]:
    """The partition in which a task's letters come back; none where the run has no such topic."""
    if client.list_topics(spec.replays, timeout=SECONDS).topics[spec.replays].error is not None:
        return []
    labels = ",".join(stage.label for stage in spec.stages)
    input = InputSpec(spec.replays, labels, "replay", partitions=spec.partitions, foreign=True)
    return [(input, partition)]


def chunks_of(
    place: tuple[str, int], spec: InputSpec, messages: Iterable[Message], envelopes: bool
) -> Iterator[Chunk]:
    """A chunk for each letter that is for this step, or for one that shares its process.

    `envelopes` says that the records of its named topic have their schema with them.
    """
    labels = spec.label.split(",")
    for message in messages:
        headers: dict[str, Any] = dict(message.headers() or ())
        label = headers["amml-step"].decode()
        if label in labels:
            at = int(message.offset() or 0)
            origin = Origin(*place, at, at + 1)
            name = label if len(labels) > 1 else ""
            if headers["amml-form"] == ROW:
                yield Chunk(wire.decode(message.value() or b""), origin, label=name)
            else:
                yield _of_record(message, int(headers["amml-at"]), origin, name, envelopes)


def _of_record(message: Message, at: int, origin: Origin, label: str, envelopes: bool) -> Chunk:
    value = message.value()
    run = Run([value], [message.key()], [at])
    batch, refused = read_alone(run) if envelopes else record_columns.read_all(*run)
    unreadable = tuple(Unreadable(value, reason, origin) for reason in refused.values())
    return Chunk(batch, origin, unreadable=unreadable, label=label)
