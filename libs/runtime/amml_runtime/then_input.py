"""What a source gives to its end, and then the topics that go on where it ended."""

from collections.abc import Callable, Iterator

from amml_runtime.chunk import Chunk
from amml_runtime.component import AbstractIngress, Origin
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.pace import Pace
from amml_runtime.source_input import SourceInput
from amml_runtime.state import State

_BEGUN = "then"


class ThenInput:
    """History first, then what is live.

    Where the topics go on is written into the book before the first of their rows, and commits with
    it: so each row comes from one of the two, whenever the step is stopped.
    """

    def __init__(
        self,
        source: AbstractIngress,
        label: str,
        book: State,
        topics: Callable[[], KafkaInput],
        timed: bool = False,
    ) -> None:
        self._source = source
        self._history = SourceInput(source, label, book, timed)
        self._book = book
        self._topics = topics
        self._live: KafkaInput | None = None

    @property
    def ended(self) -> bool:
        """A topic does not end."""
        return False

    @property
    def kafka(self) -> KafkaInput | None:
        """The topics, once their turn has come."""
        return self._live

    @property
    def last(self) -> Origin:
        """An empty range at the place that was read last."""
        return self._live.last if self._live else self._history.last

    def progress(self) -> int | None:
        """How far in event time it has read, if anybody wants to know."""
        return self._live.progress() if self._live else self._history.progress()

    def wait(self, seconds: float) -> bool:
        """Whether rows are there."""
        if self._live is not None:
            return self._live.wait(seconds)
        found = False if self._book.get(_BEGUN) else self._history.wait(seconds)
        if self._book.get(_BEGUN) or self._history.ended:
            self._live = self._begun()
            return self._live.wait(0)
        return found

    def drain(self, pace: Pace) -> Iterator[Chunk]:
        """What is there until the transaction should commit."""
        yield from (self._live or self._history).drain(pace)

    def kept(self) -> None:
        """What was read is committed."""
        (self._live or self._history).kept()

    def rewind(self) -> None:
        """Go back to where the book says, which may lie in history again."""
        if self._live is not None and self._book.get(_BEGUN):
            self._live.rewind()
            return
        self._live = None
        self._history.rewind()

    def _begun(self) -> KafkaInput:
        if not self._book.get(_BEGUN):
            self._history.kept()  # all of it is committed, and a restart may have come in between
            self._book.update(self._source.then(self._book.get("position")))
            self._book[_BEGUN] = True
        return self._topics()
