"""What a task reads from Kafka: its partitions of topics, through one consumer that owns them.

Where it has got to is written down in the task's book; the book is state, so the position
commits with everything else.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator

import pyarrow as pa
from confluent_kafka import OFFSET_BEGINNING, Message, TopicPartition

from amml_runtime import json_input, replays, wire
from amml_runtime.batch import Batch
from amml_runtime.chunk import Chunk, Unreadable
from amml_runtime.client import bounds
from amml_runtime.component import Book, Origin
from amml_runtime.envelope.input import EnvelopeInput
from amml_runtime.errors import StepError
from amml_runtime.event_time import span
from amml_runtime.in_order import InOrder
from amml_runtime.ledger import Reader
from amml_runtime.loss import (
    count_partitions,
    made_again,
    other_partitions,
    unknown_topic,
    unreadable,
)
from amml_runtime.pace import Pace
from amml_runtime.progress import END, Progress
from amml_runtime.spec import InputSpec
from amml_runtime.state import State
from amml_runtime.watched import WatchedConsumer
from amml_runtime.wire import EndMark

MESSAGES = {"arrow": 64, "json": 10_000, "connect": 10_000}  # how many to take at once
METADATA_SECONDS = 10.0


class KafkaInput:
    """Partitions of topics, read by one consumer that owns them.

    Parameters:
        timed: whether to write down how far in event time it has read.
        patience: of an aligned input: how many seconds one flow waits for another. None: messages
            come as they arrive.
    """

    def __init__(
        self,
        client: WatchedConsumer,
        inputs: Iterable[tuple[InputSpec, int]],
        book: State,
        timed: bool = False,
        patience: float | None = None,
    ) -> None:
        self._client = client
        self._book = book
        self._counts: dict[str, int] = {}  # of the partitions of topics of others
        self._places = {
            (spec.topic, p): spec for spec, task in inputs for p in self._partitions(spec, task)
        }
        self._pending: deque[Message] = deque()
        self._repeats = 0
        self._change_ahead = False  # of a schema: what was read before it is to be committed first
        self.newest_ms = 0  # when the message read last was written
        formats = {spec.format for spec in self._places.values()}
        self._at_once = min((MESSAGES[each] for each in formats), default=1)
        self._readers = {
            (topic, partition): Reader(book, topic, partition, spec.start == "start")
            for (topic, partition), spec in self._places.items()
        }
        self._timed = timed or patience is not None
        writers = {place: spec.writers for place, spec in self._places.items()}
        self._progress = Progress(book, writers)
        self._order = None
        if patience is not None:
            self._order = InOrder(client, self._places, self._progress, self._marks, patience)
        self._note_where_now_is()
        self.rewind()
        self._learn_topics()

    @property
    def ended(self) -> bool:
        """Whether every writer of every partition has ended."""
        return all(self._has_ended(*place) for place, spec in self._places.items() if _ends(spec))

    @property
    def last(self) -> Origin:
        """An empty range at the end of what the first partition gave."""
        (topic, partition), *_ = self._places
        next_ = self.position(topic, partition) or 0
        return Origin(topic, partition, next_, next_)

    def wait(self, seconds: float) -> bool:
        """Whether a message arrived within that time."""
        if not self._pending:
            self._consume(1, seconds)
        return bool(self._pending)

    def drain(self, pace: Pace) -> Iterator[Chunk]:
        """What has arrived, in chunks, until the transaction should commit."""
        if self._pending:  # what arrives until then is one chunk with the first message
            self._consume(self._at_once, pace.remaining())
        self._change_ahead = False
        while self._pending:
            yield from self._taken()
            if pace.full() or self._change_ahead:
                return
            if not self._pending:
                self._consume(self._at_once, pace.remaining())

    def rewind(self) -> None:
        """Seek every partition to the position in the book, or to where the plan starts it."""
        self._pending.clear()
        self._envelopes = {
            place: EnvelopeInput(place, spec)
            for place, spec in self._places.items()
            if spec.format == "connect" and spec.kind == "main"
        }
        if self._order is not None:
            self._order.begin()
        places = [self._start_of(topic, partition) for topic, partition in self._places]
        self._client.assign(places)

    def kept(self) -> None:
        """The position lies in the changelog: nobody else has to know."""

    def position(self, topic: str, partition: int) -> int | None:
        """The next offset to read, if anything was read yet."""
        return self._book.get(f"at:{topic}:{partition}")

    def positions(self) -> list[TopicPartition]:
        """Every position there is, as the consumer group mirrors them."""
        known = {place: self.position(*place) for place in self._places}
        return [TopicPartition(*place, at) for place, at in known.items() if at is not None]

    def books(self) -> Iterator[tuple[str, int, Book]]:
        """What is written down about each partition of which anything was read."""
        for topic, partition in self._places:
            end = self.position(topic, partition)
            if end is not None:
                place = f"{topic}:{partition}"
                keys = (f"at:{place}", f"in:{place}", f"ended:{place}", f"id:{topic}")
                entries = {key: self._book[key] for key in keys if key in self._book}
                writers = entries.get(f"in:{place}", {}).items()
                numbers = {writer: seen["number"] for writer, seen in writers}
                yield topic, partition, Book(end, numbers, entries)

    def lag(self) -> int:
        """How many offsets lie before us, as far as the client knows."""
        total = 0
        for place in self.positions():
            _, high = self._client.get_watermark_offsets(place, cached=True)
            # a topic of ours, or of Connect, ends with the marker of a commit, which nobody reads
            marker = self._places[place.topic, place.partition].format != "json"
            total += max(0, high - place.offset - marker)
        return total

    def progress(self) -> int | None:
        """How far in event time the rows have come, in microseconds, if it is written down."""
        mains = [place for place, spec in self._places.items() if spec.kind == "main"]
        return self._progress.least(mains) if self._timed else None

    def take_repeats(self) -> int:
        """How many messages were dropped as repeats since the last call."""
        taken, self._repeats = self._repeats, 0
        return taken

    def _partitions(self, spec: InputSpec, task: int) -> Iterable[int]:
        """The partitions that a task reads: its own, and of a topic that has grown, its share."""
        if not spec.foreign:
            return [task]
        self._counts[spec.topic] = count = count_partitions(self._client, spec.topic)
        if count != spec.partitions and not (spec.grows and count > spec.partitions):
            raise other_partitions(spec.topic, spec.partitions, count)
        return range(task, count, spec.partitions) if spec.grows else [task]

    def _consume(self, count: int, seconds: float) -> None:
        """Take what arrives; raises where it comes from another topic than the one known so far."""
        arrived = self._client.consume(count, timeout=seconds)
        self._pending.extend(arrived if self._order is None else self._order.of(arrived))
        if refused := self._client.topics.refused:  # why, and whether for good, is asked at a start
            raise StepError(f"Kafka lets this step in no more: {refused}")
        for topic, id in self._client.topics.ids.items():
            known = self._book.get(f"id:{topic}")
            if known is None:
                self._book[f"id:{topic}"] = id
            elif known != id:
                raise made_again(topic, known, id)
        for topic, before in self._counts.items():
            now = self._client.topics.partitions.get(topic, before)
            if now != before:  # whether that can be is asked at the start, so start again
                raise StepError(f"{topic}: has {now} partitions now, {before} before")

    def _learn_topics(self) -> None:
        """Wait until every topic's id is known: before that nothing of it arrives either."""
        end = time.monotonic() + METADATA_SECONDS
        while unknown := {topic for topic, _ in self._places} - self._client.topics.ids.keys():
            if time.monotonic() > end:
                raise unknown_topic(self._client, min(unknown))
            self._consume(1, 0.01)
            if self._pending:
                self._check(self._pending[0])

    def _start_of(self, topic: str, partition: int) -> TopicPartition:
        """The next offset to read; at first the start, which for a topic of our own is 0."""
        at = self.position(topic, partition)
        if at is None:
            at = OFFSET_BEGINNING if self._places[topic, partition].foreign else 0
        return TopicPartition(topic, partition, at)

    def _note_where_now_is(self) -> None:
        """Into the book, to be committed before anything is read: "now" is asked only once.

        A partition that was added to a topic since is read from its start: nothing is skipped.
        """
        for (topic, partition), spec in self._places.items():
            if spec.start == "now" and f"id:{topic}" not in self._book:
                _, now = bounds(self._client, TopicPartition(topic, partition))
                self._book[f"at:{topic}:{partition}"] = now

    def _has_ended(self, topic: str, partition: int) -> bool:
        spec = self._places[topic, partition]
        return not spec.foreign and len(self._marks(topic, partition)) >= spec.writers

    def _marks(self, topic: str, partition: int) -> list[int]:
        return self._book.get(f"ended:{topic}:{partition}") or []

    def _taken(self) -> list[Chunk]:
        """The next messages of one partition, up to a batch's rows, as chunks."""
        place = self._place(self._pending[0])
        spec = self._places[place]
        if spec.kind == "replay":
            envelopes = bool(self._envelopes)
            return list(replays.chunks_of(place, spec, self._next_of(place), envelopes))
        if spec.format == "connect":
            return self._connect(place)
        return self._json(place, spec) if spec.format == "json" else self._arrow(place, spec)

    def _next_of(self, place: tuple[str, int]) -> Iterator[Message]:
        """The pending messages of a partition, each taken and its offset noted."""
        while self._pending and self._place(self._pending[0]) == place:
            message = self._pending.popleft()
            self._book[f"at:{place[0]}:{place[1]}"] = _offset(message) + 1
            self.newest_ms = message.timestamp()[1]
            yield message

    def _place(self, message: Message) -> tuple[str, int]:
        self._check(message)
        return str(message.topic()), int(message.partition() or 0)

    def _check(self, message: Message) -> None:
        if message.error() is not None:
            raise unreadable(self._client, message)

    def _arrow(self, place: tuple[str, int], spec: InputSpec) -> list[Chunk]:
        """The messages' batches, neighbours of one schema joined."""
        chunks: list[Chunk] = []
        rows = 0
        for message in self._next_of(place):
            if self._accepts(spec, place, message):
                chunk = _decoded(spec, place, message)
                if self._timed and not spec.timed and (times := span(chunk.batch)):
                    self._progress.note(place, wire.writer_of(message, spec.foreign), times[1])
                _append(chunks, chunk)
                rows += chunk.batch.rows
            if rows >= wire.MAX_ROWS:
                break
        return chunks

    def _json(self, place: tuple[str, int], spec: InputSpec) -> list[Chunk]:
        run = json_input.take_run(self._pending, place)
        self._note(place, run[-1])
        return [json_input.chunk_of(place, spec, run)]

    def _connect(self, place: tuple[str, int]) -> list[Chunk]:
        run = json_input.take_run(self._pending, place)
        chunks, taken = self._envelopes[place].chunks_of(run)
        self._pending.extendleft(reversed(run[taken:]))
        self._change_ahead = taken < len(run)
        self._note(place, run[taken - 1])
        return chunks

    def _note(self, place: tuple[str, int], last: Message) -> None:
        self._book[f"at:{place[0]}:{place[1]}"] = _offset(last) + 1
        self.newest_ms = last.timestamp()[1]

    def _accepts(self, spec: InputSpec, place: tuple[str, int], message: Message) -> bool:
        """Whether a message brings new rows: no end mark, and no repeat."""
        if spec.foreign:
            return not any(name == "amml-eos" for name, _ in wire.headers_of(message))
        said = wire.read_headers(wire.headers_of(message))
        if isinstance(said, EndMark):
            marks = {*self._marks(*place), said.writer}
            self._book[f"ended:{place[0]}:{place[1]}"] = sorted(marks)
            if self._timed:
                self._progress.note(place, said.writer, END)
            return False
        accepted = self._readers[place].accept(said)
        self._repeats += not accepted
        if said.time is not None and self._timed:
            self._progress.note(place, said.writer, said.time)
        return accepted and said.time is None


def _ends(spec: InputSpec) -> bool:
    """Whether a step ends only when this input does: events of another workflow are waited for
    no longer than its own rows are."""
    return spec.kind != "replay" and not (spec.kind == "event" and spec.foreign)


def _decoded(spec: InputSpec, place: tuple[str, int], message: Message) -> Chunk:
    value, offset = message.value(), _offset(message)
    origin = Origin(*place, offset, offset + 1)
    try:
        return Chunk(wire.decode(value or b""), origin, spec.kind, of=spec.label)
    except (pa.ArrowInvalid, OSError, StopIteration) as error:
        broken = Unreadable(value, f"not an Arrow batch: {error}", origin)
        return Chunk(Batch.empty(), origin, spec.kind, (broken,))


def _append(chunks: list[Chunk], chunk: Chunk) -> None:
    """Join a chunk to the one before it where their rows have one schema."""
    before = chunks[-1] if chunks else None
    if (
        before is None
        or before.unreadable
        or chunk.unreadable
        or before.batch.rows + chunk.batch.rows > wire.MAX_ROWS
        or not before.batch.schema.equals(chunk.batch.schema, check_metadata=True)
    ):
        chunks.append(chunk)
        return
    origin = before.origin._replace(next=chunk.origin.next)
    batch = Batch.concat([before.batch, chunk.batch])
    chunks[-1] = Chunk(batch, origin, chunk.kind, of=chunk.of)


def _offset(message: Message) -> int:
    return int(message.offset() or 0)
