"""A manifest: one change of a data set, whole or not there.

What a data set holds is every file that a manifest adds and none removes. A path is added once and
removed once, so the order in which the manifests of several chains are read does not matter.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from amml_lake.errors import Broken

Kind: TypeAlias = Literal["append", "compact", "delete"]


class DataFile(NamedTuple):
    """A Parquet file, by its path in the data set.

    `first` and `last` are the least and greatest time of its rows, in microseconds since 1970 UTC;
    None where no row has one.
    """

    path: str
    rows: int
    bytes: int
    first: int | None = None
    last: int | None = None

    @property
    def folder(self) -> str:
        """The partition it lies in, such as `year=2022/month=04`."""
        return self.path.rpartition("/")[0]


class Range(NamedTuple):
    """The offsets `[start, end)` of a topic's partition, and what was counted there.

    `rows` is how many the step was given of them. `messages` is, for each writer of the partition,
    the number of the message after the last one that was read: the ledger's own figure at `end`.
    """

    topic: str
    partition: int
    start: int
    end: int
    rows: int
    messages: Mapping[str, int]


class Column(NamedTuple):
    """A column as a document has it: name, Arrow type, and its metadata if it has any."""

    name: str
    type: str
    meta: Mapping[str, Any] | None = None


class Producer(NamedTuple):
    """Which step wrote the rows."""

    workflow: str
    run: int
    step: str


@dataclass(frozen=True)
class Manifest:
    """One commit.

    Parameters:
        kind: rows came (`append`), files were put together (`compact`) or taken away (`delete`).
        dataset, chain, number: whose it is, and its place there.
        uuid: of this try; tells who has won.
        written: when, in ISO 8601, UTC.
        adds, removes: files, and paths of files.
        range, columns, producer, book: of an `append`: where its rows were read, what they are, who
            wrote them, and what the writer has to know to go on after them.
        by, tz: of an `append`, how its rows were put into folders.
        reason: of a `delete`, the rule.
    """

    kind: Kind
    dataset: str
    chain: str
    number: int
    uuid: str
    written: str
    adds: tuple[DataFile, ...] = ()
    removes: tuple[str, ...] = ()
    range: Range | None = None
    columns: tuple[Column, ...] = ()
    producer: Producer | None = None
    book: Mapping[str, Any] = field(default_factory=dict[str, Any])
    by: str = ""
    tz: str = ""
    reason: str = ""

    @property
    def rows(self) -> int:
        """How many rows its files have."""
        return sum(each.rows for each in self.adds)

    def to_bytes(self) -> bytes:
        """As the file holds it."""
        document = asdict(self)
        for name in ("adds", "columns"):
            document[name] = [list(each) for each in getattr(self, name)]
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "Manifest":
        """What `to_bytes` gave.

        Errors: Broken, naming `where` it was read.
        """
        try:
            document: dict[str, Any] = json.loads(data)
            range_, producer = document["range"], document["producer"]
            fields: dict[str, Any] = {
                **document,
                "adds": tuple(DataFile(*each) for each in document["adds"]),
                "removes": tuple(document["removes"]),
                "range": Range(*_values(range_)) if range_ else None,
                "columns": tuple(Column(*each) for each in document["columns"]),
                "producer": Producer(*_values(producer)) if producer else None,
            }
            return cls(**fields)
        except (ValueError, KeyError, TypeError) as error:
            raise Broken(f"{where}: is no manifest ({type(error).__name__}: {error})") from error


def _values(document: Any) -> list[Any]:
    return list(document.values()) if isinstance(document, dict) else list(document)
