"""Looking at an edge: the last rows of a topic and those that follow, moving nobody's offsets."""

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from amml_runtime import client, records, wire
from amml_runtime.access import denial, silent
from amml_runtime.batch import Row
from amml_runtime.errors import RecordRefused

LOOK_BACK = 200  # messages a partition, at the most, to find the last rows in


def follow(bootstrap: str, topic: str, last: int = 10, follow: bool = True) -> Iterator[Row]:
    """The last rows of a topic, in order of their partition, and then each that arrives.

    Reads only what is committed, commits no offset, joins no group. With `follow=False` it ends at
    the end of what is there.
    """
    reader = client.consumer(bootstrap, f"amml-tail-{time.time_ns()}")
    ends = _assign(reader, bootstrap, topic, last)
    try:
        yield from _last(reader, ends, last)
        while follow:
            # the first at once, then what is there: a larger `consume` would wait for more
            for message in reader.consume(1, timeout=0.2) + reader.consume(1000, timeout=0):
                yield from _rows(message)
    finally:
        reader.close()


def _assign(reader: Consumer, bootstrap: str, topic: str, last: int) -> dict[int, int]:
    """Stand some messages before the end of each partition; returns the ends."""
    try:
        found = reader.list_topics(topic, timeout=10).topics[topic]
    except KafkaException as error:
        raise silent(bootstrap, error) from error
    if found.error and (refusal := denial(found.error, "Read", topic)):
        raise refusal
    ends: dict[int, int] = {}
    places: list[TopicPartition] = []
    for partition in found.partitions:
        place = TopicPartition(topic, partition)
        low, ends[partition] = client.bounds(reader, place)
        place.offset = max(low, ends[partition] - max(LOOK_BACK, 2 * last))
        places.append(place)
    reader.assign(places)
    return ends


def _last(reader: Consumer, ends: dict[int, int], last: int) -> Iterator[Row]:
    rows: list[Row] = []
    while not all(_position(reader, p) >= end for p, end in ends.items()):
        for message in reader.consume(100, timeout=0.1):
            rows = [*rows, *_rows(message)][-last:] if last else []
    yield from rows


def _position(reader: Consumer, partition: int) -> int:
    for place in reader.position(reader.assignment()):
        if place.partition == partition:
            return place.offset if place.offset >= 0 else 0
    return 0


def _rows(message: Message) -> list[Row]:
    """The rows in a message, whichever form it has; none in an end mark."""
    headers = dict(message.headers() or ())
    value, error = message.value(), message.error()
    if error and (refusal := denial(error, "Read", message.topic() or "of the reader")):
        raise refusal
    if error or "amml-eos" in headers:
        return []
    if "amml-v" in headers:
        return wire.decode(value or b"").to_rows()
    try:
        return [records.read(records.Record(value, message.key(), message.timestamp()[1]))]
    except RecordRefused as refusal:
        return [{"_time": None, "_key": None, "unreadable": refusal.reason}]
