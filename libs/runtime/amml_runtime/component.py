"""What a component is: a frozen dataclass whose fields are its parameters, with a few hooks.

`AbstractComponent` -> `AbstractIngress`, `AbstractProgress`, `AbstractEgress` (Sohn & Kim 2022,
Fig. 6). A component has the hooks it needs and leaves the others as they are; which ones it
has decides how the planner runs it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, NewType, Protocol, TypeAlias

import pyarrow as pa

from amml_language.script import Script
from amml_language.signature import Role
from amml_runtime.batch import Batch, Refusal, Row
from amml_runtime.state import State, Value

Column = NewType("Column", str)
Columns: TypeAlias = tuple[Column, ...]
Step = NewType("Step", str)
Secret = NewType("Secret", str)
Params: TypeAlias = dict[str, Any]


class Assignment(NamedTuple):
    """`name = script`: one new column."""

    name: str
    script: Script


Assignments: TypeAlias = tuple[Assignment, ...]


def handed(need: str) -> Any:
    """A field that is no parameter but a door to the world, handed in by the runtime.

    `need` is one of `files`, `models`, `datasets`, `step`, `out`, or the `module:Class` of a client
    that is made from the step's specification and the secrets; a test hands in its own.
    """
    return field(metadata={"need": need}, kw_only=True, repr=False, compare=False)


class AbstractComponent:
    """What every component is.

    Class variables:
        role: where in a flow it may stand.
        state_version: raise it when what `state` holds changes its shape.
        state_depends_on: the parameters for whose values state is kept: with others it begins anew.
        rekeys: rows are written to the partition of their `_key`, not to the one they came from.
        stateless: what becomes of a row follows from the row and `state.params` alone; such steps
            may share a process with their neighbours (`--fuse`).
        aligned: its inputs come in the order of event time: `event` has been given what comes
            before a row that `process` is given.
        joins: of several flows before it the first goes to `process`, the others to `event`.
        rtol: how far two equal results may differ, for sums whose order changes.
    """

    role: ClassVar[Role]
    state_version: ClassVar[int] = 1
    state_depends_on: ClassVar[tuple[str, ...]] = ()
    rekeys: ClassVar[bool] = False
    stateless: ClassVar[bool] = False
    aligned: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    rtol: ClassVar[float] = 0.0

    def guarantee(self) -> str:
        """What is promised where rows come in or go out: a word or two, and why in a clause."""
        return "exactly once"


class AbstractProgress(AbstractComponent):
    """Rows in, rows out. The simplest one overrides `process_record` and nothing else.

    Hooks a component may add, with these names and types:
        fit(batch: Batch, acc: Any) -> Any; fitted(acc: Any) -> Params
            one pass before the first output; what `fitted` returns is `state.params` from then on
        given() -> Params | None
            beside `fit`: the parameters its arguments give, which make the pass unnecessary
        train(dataset: Dataset, resume: Checkpoint | None) -> Iterator[Epoch]
            a trainer; runs outside transactions
    """

    role = Role.PROGRESS

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows that `batch` becomes; `state` is this partition's, `now` the only clock."""
        rows = (self.process_record(row) for row in batch.to_rows())
        return Batch.from_rows(row for row in rows if row is not None)

    def process_record(self, record: Row) -> Row | None:
        """What one row becomes; None leaves it out."""
        return record

    def finish(self, state: State, now: datetime) -> Batch | None:
        """What is still to be said when this partition has ended."""
        return None

    def tick(self, state: State, now: datetime) -> Batch | None:
        """Called at most once a second, also without input."""
        return None

    def event(self, batch: Batch, state: State, now: datetime, of: str) -> Batch | None:
        """What rows of a side input do; `of` is the label of the step that they come from."""
        return None


class AbstractIngress(AbstractProgress):
    """Where rows come in: from outside by `read`, or from a topic by `process`."""

    role = Role.INGRESS

    def ends(self) -> bool:
        """Whether `read` comes to an end; what a topic holds does not."""
        return False

    def pace(self) -> float | None:
        """How many rows a second are read at the most; None: as fast as they come."""
        return None

    def read(self, position: Value) -> "Iterator[Portion]":
        """Portions from `position` on (None: the start).

        The same position always gives the same rows: it is state, and a restart reads on from it.
        (What cannot do that has another `guarantee`.) An unbounded source yields an empty portion
        when nothing is there; a bounded one returns.
        """
        return iter(())

    def kept(self, position: Value) -> None:
        """The rows up to a position are committed, and need not be given again."""

    def then(self, position: Value) -> Mapping[str, Value]:
        """Where topics go on after the end of `read`, in the words of a task's book."""
        return {}


class AbstractEgress(AbstractProgress):
    """Where a flow ends: in a topic of its own by `process`, or outside Kafka by `write`.

    Class variables:
        keeps: the outside keeps the position together with the rows, both or neither: `write`
            may then hold rows back until `keep`.
    """

    role = Role.EGRESS
    keeps: ClassVar[bool] = False

    def topic(self, prefix: str) -> str | None:
        """The named topic that its rows go to, as JSON; None: they leave Kafka by `write`."""
        return None

    def write(self, batch: Batch, at: "Origin") -> None:
        """Bring rows outside; done when it returns, and only then the position commits."""

    def resume(self, place: "Place") -> "Book | None":
        """What `keep` was last given for a partition; None: nothing. Called before all `write`."""
        return None

    def is_due(self) -> bool:
        """Whether it is time to keep what was written since."""
        return False

    def keep(self, books: "Mapping[Place, Book]") -> None:
        """Keep the rows written since and, for each partition they came from, the book after them.

        Called again, with the same, after it has raised `Unavailable`.
        """


class Portion(NamedTuple):
    """Rows that `read` gives, the position after them, and the rows it could not read."""

    batch: Batch
    position: Value
    refused: tuple[Refusal, ...] = ()


class Place(NamedTuple):
    """A partition of a topic, as one life of a step reads it.

    `life` is another wherever offsets may mean other rows: a topic made again, a step begun anew.
    """

    topic: str
    partition: int
    life: str


class Book(NamedTuple):
    """What a step has written down about a partition, up to the offset `end`.

    `messages` is the ledger's count there: for each writer of the partition, the number of the
    message that comes next.
    """

    end: int
    messages: Mapping[str, int]
    entries: Mapping[str, Value]


class Origin(NamedTuple):
    """Where a batch was read: the offsets `[first, next)` of one partition of a topic."""

    topic: str
    partition: int
    first: int
    next: int


@dataclass(frozen=True)
class Dataset:
    """What a trainer trains on: every row of its input, in a local Arrow file.

    `run` names the training; `seed` follows from it; `provenance` tells the offsets that were read.
    """

    path: Path
    run: str
    seed: int
    provenance: Mapping[str, Any]

    def table(self) -> pa.Table:
        """All rows, memory-mapped."""
        with pa.memory_map(str(self.path)) as file:
            return pa.ipc.open_file(file).read_all()


class Checkpoint(NamedTuple):
    """Where a training got to: the last finished epoch, and the bytes it saved."""

    epoch: int
    data: bytes


@dataclass(frozen=True)
class Trained:
    """What a finished training leaves behind."""

    artefacts: Mapping[str, bytes]  # file name -> content
    metrics: Mapping[str, Any]
    signature: Mapping[str, Any]
    libraries: Mapping[str, str]


@dataclass(frozen=True)
class Epoch:
    """One finished epoch: a row for the output, a checkpoint, and on the last the result."""

    number: int  # from 1 on
    record: Row
    checkpoint: bytes
    trained: Trained | None = None


class Files(Protocol):
    """The door to files kept under their SHA-256 (`handed("files")`)."""

    def fetch(self, sha256: str) -> Path:
        """A local, checked copy."""
        ...


class Models(Protocol):
    """The door to models and their runs (`handed("models")`)."""

    def run(self, model: str, version: str, run: str) -> dict[str, Any]:
        """The document of one model run, as the control API gives it."""
        ...

    def artefact(self, model: str, version: str, run: str, file: str) -> bytes:
        """A file of a model run, its SHA-256 checked."""
        ...


class Secrets(Protocol):
    """What a client of a component's is given for the secrets it needs."""

    def value(self, name: str) -> str:
        """The value of one."""
        ...

    def resolve(self, text: str) -> str:
        """A text with the values in place of each `${secret:NAME}`."""
        ...


class Out(Protocol):
    """The door to standard output (`handed("out")`)."""

    def write(self, text: str, /) -> object:
        """Write it."""
        ...

    def flush(self) -> object:
        """Hand it over."""
        ...
