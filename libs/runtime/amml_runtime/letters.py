"""Dead letters: what steps refused, read from a workflow's topic, and sent back to them."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message

from amml_runtime import client
from amml_runtime.changelog import committed
from amml_runtime.client import TransactionalProducer
from amml_runtime.component import Origin
from amml_runtime.errors import PositionLost
from amml_runtime.replays import RECORD, ROW
from amml_runtime.wire import Headers


@dataclass(frozen=True)
class Letter:
    """One dead letter.

    Parameters:
        number: its offset, which names it.
        at_ms: when it was written.
        step, run, reason: who refused it, and why.
        source: the offsets it came from; several rows may have come from there.
        value: the row as JSON, or the bytes that are no row; at most 900,000 bytes of them.
        full_size: how many bytes there were, if they were cut.
        row: the row as the step was given it, if it was one.
    """

    number: int
    at_ms: int
    step: str
    run: int
    reason: str
    source: Origin
    value: bytes | None
    full_size: int | None = None
    row: bytes | None = None


def read(bootstrap: str, topic: str) -> Iterator[Letter]:
    """The letters of a workflow's topic, oldest first."""
    reader = _reader(bootstrap)
    try:
        for message in committed(reader, topic, 0, OFFSET_BEGINNING):
            yield _letter(message)
    finally:
        reader.close()


def replayed(bootstrap: str, topic: str, partitions: int) -> set[int]:
    """The numbers of the letters that were sent back by now."""
    reader = _reader(bootstrap)
    try:
        return _replayed(reader, topic, partitions)
    finally:
        reader.close()


def replay(
    bootstrap: str, topic: str, partitions: int, letters: Iterable[Letter], again: bool
) -> Mapping[int, str]:
    """Send letters back, each to the partition it came from, all in one transaction.

    One that was sent back before is left out, unless `again`; nobody else can send any meanwhile.
    Returns what became of each: `replayed`, `replayed before`, or `expired`, where the message of
    a named topic that it tells of is no longer there.
    """
    producer, reader = TransactionalProducer(bootstrap, topic), _reader(bootstrap)
    try:
        producer.start()  # from here on an earlier sender can commit nothing more
        before = set[int]() if again else _replayed(reader, topic, partitions)
        outcome = dict[int, str]()
        producer.begin()
        for each in letters:
            message = None if each.number in before else _message(reader, each)
            if message is not None:
                value, key, headers = message
                partition = each.source.partition % partitions
                producer.produce(topic, partition, value, key, headers)
            late = "replayed before" if each.number in before else "expired"
            outcome[each.number] = late if message is None else "replayed"
        producer.commit()
        return outcome
    finally:
        reader.close()


def _reader(bootstrap: str) -> Consumer:
    quick = {"fetch.wait.max.ms": 5, "enable.partition.eof": True}
    return client.consumer(bootstrap, f"amml-letters-{time.time_ns()}", **quick)


def _letter(message: Message) -> Letter:
    headers: dict[str, Any] = dict(message.headers() or ())
    topic, *numbers = headers["amml-src"].decode().split(":")
    partition, first, next_ = map(int, numbers)
    cut = headers.get("amml-cut-from")
    return Letter(
        number=int(message.offset() or 0),
        at_ms=message.timestamp()[1],
        step=headers["amml-step"].decode(),
        run=int(headers["amml-run"]),
        reason=headers["amml-reason"].decode(errors="replace"),
        source=Origin(topic, partition, first, next_),
        value=message.value(),
        full_size=None if cut is None else int(cut),
        row=headers.get("amml-row"),
    )


def _replayed(reader: Consumer, topic: str, partitions: int) -> set[int]:
    found = set[int]()
    for partition in range(partitions):
        for message in committed(reader, topic, partition, OFFSET_BEGINNING):
            headers: dict[str, Any] = dict(message.headers() or ())
            found.add(int(headers["amml-letter"]))
    return found


def _message(reader: Consumer, letter: Letter) -> tuple[bytes | None, bytes | None, Headers] | None:
    """The message that brings a letter back: the row, or the record as it was in its topic."""
    headers = [
        ("amml-step", letter.step.encode()),
        ("amml-letter", str(letter.number).encode()),
    ]
    if letter.row is not None:
        return letter.row, None, [*headers, ("amml-form", ROW)]
    topic, partition, first, _ = letter.source
    for found in _from(reader, topic, partition, first):
        if found.offset() != first:
            return None
        before: dict[str, Any] = dict(found.headers() or ())  # it may have come back once already
        at = before.get("amml-at") or str(found.timestamp()[1]).encode()
        return found.value(), found.key(), [*headers, ("amml-form", RECORD), ("amml-at", at)]
    return None


def _from(reader: Consumer, topic: str, partition: int, first: int) -> Iterator[Message]:
    try:
        yield from committed(reader, topic, partition, first)
    except PositionLost:
        return  # it has expired
