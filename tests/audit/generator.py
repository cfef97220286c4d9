"""Input for an audit: keyed JSON records that all follow from a seed; nobody has to keep them.

    python tests/audit/generator.py --kafka 127.0.0.1:9092 --topic raw --partitions 2 --seed 7 \
        --rows 10000 --keys 50 [--rate 2000] [--poison 5]
    python tests/audit/generator.py --file raw.jsonl --seed 7 --rows 10000 --keys 50

The topic is made if it is not there, and has to be empty: then a record's offset follows from the
seed, too. A key lives in one partition, so the order of its records is known. Poison are messages
that hold no record, each one different. SIGTERM stops it early; it prints how many it wrote.
"""

import argparse
import hashlib
import json
import signal
import struct
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

Row: TypeAlias = dict[str, Any]

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
TIMEOUT = 30.0
AT_ONCE = 100  # records between two looks at the clock


@dataclass(frozen=True)
class Input:
    """What determines every message of a topic, or of a file.

    `written`: only so many of its messages are there, as the generator was stopped.
    """

    seed: int
    rows: int
    keys: int
    partitions: int = 1
    poison: int = 0
    written: int | None = None


@dataclass(frozen=True)
class Record:
    """A message of the input; its row is None where it is poison."""

    partition: int
    offset: int
    key: str
    value: bytes
    row: Row | None


def records(wanted: Input) -> Iterator[Record]:
    """Every message in the order it is written.

    >>> [each.row["value"] for each in records(Input(seed=7, rows=3, keys=2))]
    [18.525, 29.672, 57.622]
    """
    offsets = [0] * wanted.partitions
    seqs = [0] * wanted.partitions
    poisoned = _poisoned(wanted)
    for number in range(_total(wanted) if wanted.written is None else wanted.written):
        which, first, second = _drawn(wanted.seed, number)
        key = f"k{which % wanted.keys}"
        partition = partition_of(key, wanted.partitions)
        row = None
        if number not in poisoned:
            row = {
                "src": f"s{wanted.seed}",
                "part": partition,
                "seq": seqs[partition],
                "key": key,
                "ts": (FIRST + timedelta(seconds=number)).isoformat(),
                "value": first % 100_000 / 1000,
                "load": second % 2000 / 10 - 100,
                "note": f"{first:016x}",
            }
            seqs[partition] += 1
        value = json.dumps(row).encode() if row else poisoned[number]
        yield Record(partition, offsets[partition], key, value, row)
        offsets[partition] += 1


def partition_of(key: str, partitions: int) -> int:
    """Where a key lives; not Kafka's own rule, for a step that re-keys has to move it."""
    return zlib.crc32(key.encode()) % partitions


def _drawn(seed: int, number: int) -> tuple[int, int, int]:
    return struct.unpack(
        "<3Q", hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=24).digest()
    )


def _total(wanted: Input) -> int:
    return wanted.rows + wanted.poison


def _poisoned(wanted: Input) -> dict[int, bytes]:
    """The messages that are poison, by their number: spread over the whole, of four kinds."""
    total = _total(wanted)
    numbers = [(each * total + total // 2) // wanted.poison for each in range(wanted.poison)]
    return {number: _poison(wanted.seed, kind) for kind, number in enumerate(numbers)}


def _poison(seed: int, kind: int) -> bytes:
    name = f"poison {seed}:{kind}".encode()
    return [b'{"cut": "' + name, b'["' + name + b'"]', name, b"\xff\xfe" + name][kind % 4]


def write_topic(
    kafka: str,
    topic: str,
    wanted: Input,
    rate: float | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Write all messages into an empty topic, or those until `stop` is set; how many.

    Raises `ValueError` if the topic is not empty, or if a message could not be written.
    """
    _make(kafka, topic, wanted.partitions)
    producer = Producer(
        {"bootstrap.servers": kafka, "enable.idempotence": True, "linger.ms": 5, "log_level": 0}
    )
    written = 0
    for record in _paced(records(wanted), rate):
        if stop is not None and stop.is_set():
            break
        _send(producer, topic, record)
        written += 1
    if left := producer.flush(TIMEOUT * 4):
        raise ValueError(f"{topic}: {left} records could not be written")
    return written


def write_file(path: Path, wanted: Input) -> int:
    """Write the rows as JSON lines; how many."""
    lines = [record.value for record in records(wanted) if record.row is not None]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines)


def _make(kafka: str, topic: str, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    if topic not in admin.list_topics(timeout=TIMEOUT).topics:
        new = NewTopic(topic, partitions, config={"retention.ms": "-1"})
        admin.create_topics([new], operation_timeout=TIMEOUT)[topic].result()
        return
    reader = Consumer({"bootstrap.servers": kafka, "group.id": "generator", "log_level": 0})
    found = len(reader.list_topics(topic, timeout=TIMEOUT).topics[topic].partitions)
    ends = [
        reader.get_watermark_offsets(TopicPartition(topic, p), TIMEOUT)[1] for p in range(found)
    ]
    reader.close()
    if found != partitions or any(ends):
        raise ValueError(f"{topic}: {found} partitions that end at {ends}, not {partitions} empty")


def _send(producer: Producer, topic: str, record: Record) -> None:
    while True:
        try:
            producer.produce(topic, record.value, record.key, partition=record.partition)
            return
        except BufferError:
            producer.poll(0.1)


def _paced(messages: Iterable[Record], rate: float | None) -> Iterator[Record]:
    """The messages, no faster than `rate` a second."""
    begun = time.monotonic()
    for number, message in enumerate(messages):
        if rate and number % min(AT_ONCE, max(1, int(rate / 10))) == 0:
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        yield message


def main(words: list[str]) -> int:
    """Write what the command line asks for; 2 where that cannot be."""
    parser = argparse.ArgumentParser(description="Write records that all follow from a seed.")
    parser.add_argument("--kafka", help="bootstrap servers")
    parser.add_argument("--topic", help="an empty topic, or one to be made")
    parser.add_argument("--file", type=Path, help="JSON lines into a file instead")
    for name in ("seed", "rows", "keys"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--poison", type=int, default=0, help="messages that hold no record")
    parser.add_argument("--rate", type=float, help="records a second; as fast as it goes")
    given = parser.parse_args(words)
    wanted = Input(given.seed, given.rows, given.keys, given.partitions, given.poison)
    if given.file is None and not (given.kafka and given.topic):
        parser.error("--kafka and --topic, or --file")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    try:
        if given.file is not None:
            written = write_file(given.file, wanted)
        else:
            written = write_topic(given.kafka, given.topic, wanted, given.rate, stop)
    except (ValueError, KafkaException) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{written} messages of seed {given.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
