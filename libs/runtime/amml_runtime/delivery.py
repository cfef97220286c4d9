"""The loop of a step whose outside keeps the position together with the rows.

Where a commit outside holds the book of the task, no commit in Kafka has to agree with it: what is
kept outside is where the step goes on. Its changelog only notes what the outside cannot know: where
reading began, and which unreadable messages have gone to the dead letters.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Event
from uuid import uuid4

from amml_runtime import changelog
from amml_runtime.chunk import Chunk
from amml_runtime.component import AbstractEgress, Place
from amml_runtime.connections import Connections
from amml_runtime.errors import Fenced, Unavailable
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.metrics import Metrics
from amml_runtime.mirror import Mirror
from amml_runtime.output import Output
from amml_runtime.pace import Pace
from amml_runtime.spec import StepSpec
from amml_runtime.state import State, Value

WAIT_SECONDS = 0.1
LONGEST_PAUSE = 30.0
_LIFE = "life"


class Notes:
    """What the changelog of such a step holds."""

    def __init__(
        self, spec: StepSpec, partition: int, made: Connections, kept: Mapping[str, Value]
    ) -> None:
        assert spec.changelog is not None, spec.label
        self._spec = spec
        self._topic = spec.changelog
        self._partition = partition
        self._made = made
        self._state = State(kept)
        self.life: str = self._state.get(_LIFE) or uuid4().hex[:8]

    def resumed(self, egress: AbstractEgress) -> State:
        """The task's book: as the outside keeps it, or as it was before the first row."""
        book = {key: value for key, value in self._state.items() if not key.startswith("refused:")}
        inputs = [each.topic for each in self._spec.inputs if each.kind == "main"]
        for topic in (*inputs, self._spec.replays):
            kept = egress.resume(Place(topic, self._partition, self.life))
            book |= kept.entries if kept else {}
        return State(book)

    def begin(self, book: State) -> None:
        """Note, once and before anything is read, where reading begins."""
        if _LIFE not in self._state:
            self._state[_LIFE] = self.life
            self.note(book)

    def note(self, book: State) -> None:
        """Note where the task is, for a start where the outside knows nothing of it."""
        with self.transaction():
            self._state.update(book)

    def is_new(self, place: str, end: int) -> bool:
        """Whether what ends at an offset was not refused before; notes that it is now."""
        key = f"refused:{place}"
        if end <= self._state.get(key, 0):
            return False
        self._state[key] = end
        return True

    @contextmanager
    def transaction(self) -> Generator[None]:
        """What is noted and sent inside is committed together.

        An error ends the process; the next one's start ends the transaction.
        """
        producer = self._made.producer
        if producer.renew() and not changelog.agrees(
            self._made.restorer, self._topic, self._partition, self._state
        ):
            raise Fenced(f"{self._spec.name}: a newer process worked here while this one was away")
        producer.begin()
        yield
        producer.produce_all(self._topic, self._partition, changelog.records(self._state, State()))
        producer.commit()
        self._state.keep()


class Delivery:
    """One partition of such a step, from its input to the outside."""

    def __init__(
        self,
        egress: AbstractEgress,
        *,
        input: KafkaInput,
        output: Output,
        made: Connections,
        notes: Notes,
        book: State,
        metrics: Metrics,
        mirror: Mirror,
    ) -> None:
        self._egress = egress
        self._input = input
        self._output = output
        self._producer = made.producer
        self._notes = notes
        self._book = book
        self._metrics = metrics
        self._mirror = mirror
        self._failures = 0
        self._completed = False

    def run(self, stop: Event) -> bool:
        """Work until told to stop, or until the partition has ended; whether it has."""
        while not stop.is_set() and not self._completed:
            self.run_once(stop)
            self._mirror.show()
        if not self._completed:
            self._keep(stop)  # nothing is lost without it: a restart would read these rows again
        self._mirror.show(at_once=True)
        return self._completed

    def run_once(self, stop: Event) -> None:
        """Bring what has arrived outside, each row exactly once.

        1. poll   2. hand the rows over   3. in time, rows and book are kept: both or neither
        """
        if not self._is_due() and self._input.wait(WAIT_SECONDS):
            for chunk in self._input.drain(Pace(0.0)):  # 1
                self._write(chunk)  # 2
        if self._is_due() or self._input.ended:
            self._keep(stop)  # 3

    def _is_due(self) -> bool:
        """Whether it is time to keep what is held; what could not be kept comes before all else."""
        return self._failures > 0 or self._egress.is_due()

    def _write(self, chunk: Chunk) -> None:
        with self._metrics.process.time():
            self._egress.write(chunk.batch, chunk.origin)
        self._metrics.rows_in.inc(chunk.batch.rows)
        if chunk.unreadable:
            self._refuse(chunk)

    def _refuse(self, chunk: Chunk) -> None:
        """Dead letters of what could not be read, each once, however often it is read again."""
        with self._notes.transaction():
            for each in chunk.unreadable:
                place = f"{each.origin.topic}:{each.origin.partition}"
                if self._notes.is_new(place, each.origin.next):
                    self._metrics.dead_letters.inc()
                    letter = self._output.unreadable(each)
                    self._producer.produce(
                        letter.topic, letter.partition, letter.value, letter.key, letter.headers
                    )

    def _keep(self, stop: Event) -> None:
        """Keep rows and book; while the outside is away, pause, and take no more rows."""
        books = {
            Place(topic, partition, self._notes.life): book
            for topic, partition, book in self._input.books()
        }
        try:
            with self._metrics.commit.time():
                self._egress.keep(books)
        except Unavailable as error:
            self._failures += 1
            pause = min(0.5 * 2 ** min(self._failures, 6), LONGEST_PAUSE)
            print(f"{error}; nothing is lost, trying again in {pause:.0f} s", flush=True)
            stop.wait(pause)
            return
        self._failures = 0
        self._book.keep()
        self._notes.note(self._book)
        self._completed = self._input.ended
