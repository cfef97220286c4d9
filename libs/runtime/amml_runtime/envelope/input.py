"""Messages of a topic that Kafka Connect fills as rows: each has its schema with it."""

from collections.abc import Sequence

from confluent_kafka import Message

from amml_runtime.chunk import Chunk, Unreadable
from amml_runtime.component import Origin
from amml_runtime.envelope.opener import Opened, Opener
from amml_runtime.envelope.rows import Run, rows_of
from amml_runtime.envelope.schema import change, fault
from amml_runtime.spec import InputSpec


class EnvelopeInput:
    """One partition of such a topic."""

    def __init__(self, place: tuple[str, int], spec: InputSpec) -> None:
        self._place = place
        self._spec = spec
        self._values, self._keys = Opener(), Opener()
        self._known: dict[str, str] = {}  # the columns seen since the start

    def chunks_of(self, messages: Sequence[Message]) -> tuple[list[Chunk], int]:
        """A chunk for each schema in turn, and how many of the messages they account for.

        They end before a record that lacks a column of those before it, or has another type for
        one; where it is the first, `WorkflowFault` is raised. So what came before such a change
        is committed, and reading can go on at the change once somebody has seen to it.
        """
        run = Run(
            [each.value() for each in messages],
            [each.key() for each in messages],
            [each.timestamp()[1] for each in messages],
        )
        chunks: list[Chunk] = []
        taken = 0
        for opened in self._values.open(run.values):
            found = opened.fields.columns if opened.fields else {}
            if found and (said := change(self._known, found)):
                if chunks:
                    break
                at = self._origin(messages, opened.places[0], opened.places[0]).first
                raise fault(f"{self._place[0]}[{self._place[1]}] {at}", said)
            self._known |= found
            chunks.append(self._chunk(opened, run, messages, taken))
            taken = opened.next
        return chunks, taken

    def _chunk(self, opened: Opened, run: Run, messages: Sequence[Message], first: int) -> Chunk:
        batch, refused = rows_of(opened, run, self._keys)
        empty = opened.next - first - batch.rows - len(refused)
        unreadable = tuple(
            Unreadable(run.values[at], reason, self._origin(messages, at, at))
            for at, reason in refused.items()
        )
        origin = self._origin(messages, first, opened.next - 1)
        return Chunk(batch, origin, self._spec.kind, unreadable, empty=empty)

    def _origin(self, messages: Sequence[Message], first: int, last: int) -> Origin:
        begin, end = (int(messages[at].offset() or 0) for at in (first, last))
        return Origin(*self._place, begin, end + 1)
