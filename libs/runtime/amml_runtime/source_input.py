"""What a task reads from outside Kafka: the portions of a source component."""

import math
import time
from collections.abc import Iterator

from amml_runtime.chunk import Chunk
from amml_runtime.component import AbstractIngress, Origin, Portion
from amml_runtime.event_time import span
from amml_runtime.pace import Pace
from amml_runtime.state import State


class SourceInput:
    """The rows a source component reads from outside."""

    def __init__(
        self, source: AbstractIngress, label: str, book: State, timed: bool = False
    ) -> None:
        self._source = source
        self._label = label
        self._book = book
        self._timed = timed
        self._next: Portion | None = None
        self._due = 0.0  # when the source's pace allows the next portion
        self.rewind()

    @property
    def ended(self) -> bool:
        """Whether the source has come to its end."""
        return self._ended

    @property
    def last(self) -> Origin:
        """An empty range after the rows read so far."""
        rows: int = self._book.get("rows", 0)
        return Origin(self._label, 0, rows, rows)

    def wait(self, seconds: float) -> bool:
        """Whether rows, or the end, are there; waits only where the source has nothing yet."""
        if not self._is_due(seconds):
            self._next = None
            return False
        self._next = next(self._portions, None)
        if self._next is None:
            self._ended = True
        elif not self._next.batch.rows and not self._next.refused:
            time.sleep(seconds)
            return False
        else:
            self._due = time.monotonic() + self._next.batch.rows / (self._source.pace() or math.inf)
        return True

    def _is_due(self, seconds: float) -> bool:
        """Whether the source's pace allows more rows, after a wait of `seconds` at the most."""
        left = self._due - time.monotonic()
        if left > 0:
            time.sleep(min(left, seconds))
        return left <= seconds

    def drain(self, pace: Pace) -> Iterator[Chunk]:
        """Portions until the transaction should commit."""
        while self._next is not None:
            yield self._chunk(self._next)
            if pace.full():
                return
            if not self.wait(0):
                return

    def progress(self) -> int | None:
        """How far in event time it has read, in microseconds, if anybody wants to know."""
        return self._book.get("time")

    def rewind(self) -> None:
        """Read again from the position in the book."""
        self._ended = False
        self._portions = iter(self._source.read(self._book.get("position")))

    def kept(self) -> None:
        """Tell the source what is committed."""
        self._source.kept(self._book.get("position"))

    def _chunk(self, portion: Portion) -> Chunk:
        rows: int = self._book.get("rows", 0)
        upto = rows + portion.batch.rows + sum(each.rows.rows for each in portion.refused)
        self._book["rows"] = upto
        self._book["position"] = portion.position
        if self._timed and (times := span(portion.batch)):
            self._book["time"] = max(times[1], self._book.get("time", times[1]))
        origin = Origin(self._label, 0, rows, upto)
        return Chunk(portion.batch, origin, refused=portion.refused)
