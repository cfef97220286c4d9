"""The wire format of internal topics: Arrow IPC streams with a few headers.

Headers: `amml-v` the format's version, `amml-step` who wrote it, `amml-src` the input offsets the
message accounts for, `amml-seq` its number in the writer's sequence, `amml-time` how far in event
time its writer has come, in a message without rows; `amml-eos` an end mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.component import Origin
from amml_runtime.errors import LedgerBroken

if TYPE_CHECKING:
    from confluent_kafka import Message

VERSION = b"1"
MAX_ROWS = 10_000
MAX_BYTES = 900_000

Headers: TypeAlias = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a message says of itself: number `number` of `writer`, for a range of its input.

    `origin` is what the writer had read; where one range needs several messages, this is
    `part` (from 0) of `parts`. A message without rows may say up to which event `time`, in
    microseconds, its writer has read.
    """

    writer: int
    number: int
    origin: Origin
    part: int = 0
    parts: int = 1
    time: int | None = None

    def headers(self, step: str) -> Headers:
        """As the headers of a message that `step` writes.

        >>> Stamp(0, 7, Origin("a.b", 1, 20, 30)).headers("f00d")[2:]
        [('amml-src', b'a.b:1:20:30:0:1'), ('amml-seq', b'0:7')]
        """
        topic, partition, first, next_ = self.origin
        source = f"{topic}:{partition}:{first}:{next_}:{self.part}:{self.parts}"
        return [
            ("amml-v", VERSION),
            ("amml-step", step.encode()),
            ("amml-src", source.encode()),
            ("amml-seq", f"{self.writer}:{self.number}".encode()),
            *([] if self.time is None else [("amml-time", str(self.time).encode())]),
        ]


@dataclass(frozen=True, slots=True)
class EndMark:
    """Writer `writer` of `writers` has ended in this partition, in this run."""

    run: int
    writer: int
    writers: int

    def headers(self) -> Headers:
        """As the headers of an otherwise empty message.

        >>> EndMark(3, 0, 1).headers()
        [('amml-v', b'1'), ('amml-eos', b'3:0:1')]
        """
        mark = f"{self.run}:{self.writer}:{self.writers}"
        return [("amml-v", VERSION), ("amml-eos", mark.encode())]


def headers_of(message: "Message") -> Headers:
    """A message's headers, none where it has none."""
    return list(message.headers() or ())  # type: ignore[arg-type]


def read_headers(headers: Sequence[tuple[str, bytes]] | None) -> Stamp | EndMark:
    """What the headers of an internal message say; raises `LedgerBroken` where they do not."""
    found = dict(headers or ())
    if found.get("amml-v") != VERSION:
        raise LedgerBroken(f"a message has format {found.get('amml-v')}, expected {VERSION}")
    if "amml-eos" in found:
        return EndMark(*map(int, found["amml-eos"].split(b":")))
    topic, *numbers = found["amml-src"].decode().split(":")
    partition, first, next_, part, parts = map(int, numbers)
    writer, number = map(int, found["amml-seq"].split(b":"))
    time = int(found["amml-time"]) if "amml-time" in found else None
    return Stamp(writer, number, Origin(topic, partition, first, next_), part, parts, time)


def writer_of(message: "Message", foreign: bool) -> int:
    """The number of a message's writer; those of another workflow are not told apart."""
    return 0 if foreign else int(dict(headers_of(message))["amml-seq"].split(b":")[0])


def encode(batch: Batch) -> Iterator[tuple[Batch, bytes | None]]:
    """The messages a batch becomes, each with its rows; None for one row that is too large."""
    if batch.rows > MAX_ROWS:
        for start in range(0, batch.rows, MAX_ROWS):
            yield from encode(batch.slice(start, MAX_ROWS))
        return
    data = _stream(batch)
    if len(data) <= MAX_BYTES:
        yield batch, data
    elif batch.rows == 1:
        yield batch, None
    else:
        half = batch.rows // 2
        yield from encode(batch.slice(0, half))
        yield from encode(batch.slice(half))


def decode(data: bytes) -> Batch:
    """The batch in a message; raises `pyarrow.ArrowInvalid` where it is broken."""
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        return Batch(reader.read_next_batch())


def nothing() -> bytes:
    """A message without rows."""
    return _stream(Batch.empty())


def _stream(batch: Batch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch.data)
    return sink.getvalue().to_pybytes()
