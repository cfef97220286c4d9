"""What inputs give to the task loop: rows with the offsets they account for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from amml_runtime.batch import Batch, Refusal
from amml_runtime.component import Origin
from amml_runtime.pace import Pace
from amml_runtime.spec import Kind


@dataclass(frozen=True)
class Unreadable:
    """A message whose bytes are no rows."""

    value: bytes | None
    reason: str
    origin: Origin


@dataclass(frozen=True)
class Chunk:
    """Rows of one topic partition, the offsets they account for, and what could not be read.

    `label` is set for a replayed row: which of the steps that share the process it goes to;
    `empty` counts the messages without a value, which a deletion in a database leaves. `of` is the
    label of the step whose rows they are, where they come in at the side.
    """

    batch: Batch
    origin: Origin
    kind: Kind = "main"
    unreadable: tuple[Unreadable, ...] = ()
    refused: tuple[Refusal, ...] = ()
    label: str = ""
    empty: int = 0
    of: str = ""

    @classmethod
    def nothing(cls, origin: Origin) -> "Chunk":
        """No rows, at a place in the input."""
        return cls(Batch.empty(), origin)


class Input(Protocol):
    """What the task loop needs of an input."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come, ever."""
        ...

    @property
    def last(self) -> Origin:
        """An empty range at the place that was read last."""
        ...

    def wait(self, seconds: float) -> bool:
        """Whether something arrived within that time."""
        ...

    def drain(self, pace: Pace) -> Iterator[Chunk]:
        """What has arrived and arrives until the transaction should commit."""
        ...

    def progress(self) -> int | None:
        """How far in event time it has read, in microseconds, if anybody wants to know."""
        ...

    def kept(self) -> None:
        """What was read is committed."""
        ...

    def rewind(self) -> None:
        """Go back to where the book says, after it was rolled back."""
        ...
