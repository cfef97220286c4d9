"""What a consumer brings, handed on in the order of event time; a flow far ahead is paused."""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa
from confluent_kafka import Consumer, Message, TopicPartition

from amml_runtime import wire
from amml_runtime.alignment import Alignment, Flow, Held
from amml_runtime.event_time import span
from amml_runtime.progress import Place, Progress
from amml_runtime.spec import InputSpec
from amml_runtime.wire import EndMark


class InOrder:
    """The messages of aligned inputs, between the consumer and whoever takes them.

    Parameters:
        places: what is read.
        progress: how far each place had come, as the book has it.
        ended: the writers that have ended in a place, as the book has them.
        patience: how many seconds one flow waits for another.
    """

    def __init__(
        self,
        client: Consumer,
        places: Mapping[Place, InputSpec],
        progress: Progress,
        ended: Callable[[str, int], Iterable[int]],
        patience: float,
    ) -> None:
        self._client = client
        self._places = {place: spec for place, spec in places.items() if spec.kind != "replay"}
        self._progress = progress
        self._ended = ended
        self._patience = patience
        self._paused: set[Place] = set()

    def begin(self) -> None:
        """Forget what is held: everything is read again from where the book says."""
        flows = {
            place: Flow(spec, self._progress.of(place), self._ended(*place))
            for place, spec in self._places.items()
        }
        self._alignment = Alignment(flows, self._patience)
        self._resume(self._paused)
        self._paused = set()

    def of(self, messages: Iterable[Message]) -> list[Message]:
        """The messages whose turn it is, after more have come; a replay waits for nothing."""
        at_once: list[Message] = []
        for message in messages:
            place = str(message.topic()), int(message.partition() or 0)
            if place in self._places:
                self._alignment.add(place, _held(message, self._places[place]))
            else:
                at_once.append(message)
        released = list(self._alignment.released())
        self._pause_and_resume()
        return at_once + released

    def _pause_and_resume(self) -> None:
        crowded = self._alignment.crowded() - self._paused
        roomy = self._alignment.roomy() & self._paused
        if crowded:
            self._client.pause([TopicPartition(*place) for place in crowded])
        self._resume(roomy)
        self._paused = (self._paused | crowded) - roomy

    def _resume(self, places: set[Place]) -> None:
        if places:
            self._client.resume([TopicPartition(*place) for place in places])


def _held(message: Message, spec: InputSpec) -> Held:
    """A message with the times of its rows; what is no row, or cannot be read, has none."""
    if message.error() is not None:
        return Held(message)
    said = wire.read_headers(wire.headers_of(message))
    writer = 0 if spec.foreign else said.writer
    if isinstance(said, EndMark):
        return Held(message, writer, ends=not spec.foreign)
    if said.time is not None:
        return Held(message, writer, said.time, said.time, mark=True)
    value = message.value() or b""
    try:
        times = span(wire.decode(value))
    except (pa.ArrowInvalid, OSError, StopIteration):
        times = None
    first, last = times or (None, None)
    return Held(message, writer, first, last, size=len(value))
