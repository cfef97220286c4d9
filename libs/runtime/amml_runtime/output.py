"""What a task writes: rows as numbered messages of its topic, dead letters, end marks."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from amml_runtime import records, wire
from amml_runtime.batch import Array, Batch, Refusal, Row
from amml_runtime.chunk import Unreadable
from amml_runtime.component import Origin
from amml_runtime.ledger import Writer
from amml_runtime.partitioner import partitions_of
from amml_runtime.progress import END
from amml_runtime.spec import OutputSpec, StepSpec
from amml_runtime.state import State
from amml_runtime.wire import EndMark, Headers

LONGEST_REASON = 2000  # characters: an error's text may hold a whole row
LARGEST_KEPT = 64 << 10  # bytes
TOO_LARGE = f"the row is larger than {wire.MAX_BYTES} bytes"


@dataclass(frozen=True)
class Outgoing:
    """A message to be sent."""

    topic: str
    partition: int
    value: bytes | None
    key: bytes | None = None
    headers: Headers = field(default_factory=Headers)


class Output:
    """The output topic of one task.

    A task writes to its own partition, and is the only one that does; where the step re-keys, or
    reads from outside Kafka, every task writes to all partitions, and is one of several writers.
    """

    def __init__(self, spec: StepSpec, partition: int, book: State) -> None:
        self._spec = spec
        self._to = spec.output
        self._own = partition
        self._book = book
        self._spread = spec.mode in ("read", "train") or bool(self._to and self._to.rekeyed)
        self._writer = partition if self._spread else 0

    def rows(self, batch: Batch, origin: Origin) -> Iterator[Outgoing]:
        """The messages that carry a batch made from the input range `origin`."""
        if self._to is None:
            return
        for partition, part in self._placed(batch, self._to):
            if self._to.format == "json":
                yield from self._json(part, partition, origin, self._to)
            else:
                yield from self._arrow(part, partition, origin, self._to)

    def come_to(self, time: int | None, origin: Origin) -> Iterator[Outgoing]:
        """The marks that say how far in event time this writer has read, if it is further now."""
        if time is None or time >= END or self._to is None or not self._to.timed:
            return  # the marks of an end say more
        if time <= self._book.get("told", time - 1):
            return
        self._book["told"] = time
        for partition in self._written(self._to):
            [stamp] = Writer(self._book, partition, self._writer).stamps(origin, 1)
            headers = replace(stamp, time=time).headers(self._spec.identity)
            yield Outgoing(self._to.topic, partition, wire.nothing(), headers=headers)

    def ends(self) -> Iterator[Outgoing]:
        """The marks that say this writer has ended."""
        if self._to is None or self._to.format == "json":
            return
        writers = self._spec.tasks if self._spread else 1
        mark = EndMark(self._spec.run, self._writer, writers)
        for partition in self._written(self._to):
            yield Outgoing(self._to.topic, partition, None, headers=mark.headers())

    def refused(self, refusal: Refusal, origin: Origin) -> Iterator[Outgoing]:
        """Dead letters of rows: each row as JSON, with the reason and the range it came from.

        A row that the step had been given is also kept as it was, so that it can be replayed.
        """
        for at, row in enumerate(_readable(refusal.rows)):
            letter = self._dead(records.dump(row), refusal.reason, origin, refusal.label)
            if self._spec.mode != "read":
                letter.headers.extend(_kept(refusal.rows.slice(at, 1)))
            yield letter

    def unreadable(self, message: Unreadable) -> Outgoing:
        """The dead letter of a message that holds no rows: its bytes as they were."""
        first = self._spec.stages[0].label  # of those that share the process, it reads the input
        return self._dead(message.value, message.reason, message.origin, first)

    def _written(self, to: OutputSpec) -> range:
        """The partitions that it may write rows to."""
        return range(to.partitions) if self._spread else range(self._own, self._own + 1)

    def _too_large(self, row: Batch, origin: Origin) -> Outgoing:
        """The dead letter of a row that the step made: to replay it would do its work twice."""
        return self._dead(records.dump(_readable(row)[0]), TOO_LARGE, origin)

    def _dead(self, value: bytes | None, reason: str, origin: Origin, label: str = "") -> Outgoing:
        source = f"{origin.topic}:{origin.partition}:{origin.first}:{origin.next}"
        headers = [
            ("amml-reason", reason[:LONGEST_REASON].encode()),
            ("amml-step", (label or self._spec.label).encode()),
            ("amml-run", str(self._spec.run).encode()),
            ("amml-src", source.encode()),
        ]
        if value is not None and len(value) > wire.MAX_BYTES:
            headers.append(("amml-cut-from", str(len(value)).encode()))
            value = value[: wire.MAX_BYTES]
        return Outgoing(self._spec.dead_letters, 0, value, headers=headers)

    def _placed(self, batch: Batch, to: OutputSpec) -> Iterator[tuple[int, Batch]]:
        """The batch's rows by the partition they go to."""
        if to.partitions == 1 or not (self._spread or to.format == "json"):
            yield (self._own if to.partitions > 1 else 0), batch
            return
        places = pa.array(partitions_of(batch.keys, to.partitions))
        for partition in range(to.partitions):
            part = batch.filter(pc.equal(places, pa.scalar(partition)))
            if part.rows:
                yield partition, part

    def _arrow(
        self, batch: Batch, partition: int, origin: Origin, to: OutputSpec
    ) -> Iterator[Outgoing]:
        encoded = list(wire.encode(batch))
        messages = [value for _, value in encoded if value is not None]
        stamps = Writer(self._book, partition, self._writer).stamps(origin, len(messages))
        for value, stamp in zip(messages, stamps, strict=True):
            headers = stamp.headers(self._spec.identity)
            yield Outgoing(to.topic, partition, value, headers=headers)
        for rows, value in encoded:
            if value is None:
                yield self._too_large(rows, origin)

    def _json(
        self, batch: Batch, partition: int, origin: Origin, to: OutputSpec
    ) -> Iterator[Outgoing]:
        for at, row in enumerate(batch.to_rows()):
            key, value = records.write(row)
            if len(value) + len(key or b"") > wire.MAX_BYTES:
                yield self._too_large(batch.slice(at, 1), origin)
            else:
                yield Outgoing(to.topic, partition, value, key)


def _readable(rows: Batch) -> list[Row]:
    """The rows; times that Python has none of, as of the year 10000, are written as text."""
    try:
        return rows.to_rows()
    except (OverflowError, ValueError):
        data = rows.data
        columns = dict(zip(data.schema.names, map(_times_as_text, data.columns), strict=True))
        return pa.RecordBatch.from_pydict(columns).to_pylist()


def _times_as_text(column: Array) -> Array:
    return column.cast(pa.string()) if pa.types.is_temporal(column.type) else column


def _kept(row: Batch) -> Headers:
    """The row itself, unless it is large."""
    [(_, value)] = wire.encode(row)
    return [("amml-row", value)] if value is not None and len(value) <= LARGEST_KEPT else []
