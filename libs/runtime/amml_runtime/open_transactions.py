"""Transactions as the brokers see them: who has one open, since when, and on which partitions."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from amml_runtime.broker_protocol import (
    DESCRIBE_PRODUCERS,
    DESCRIBE_TRANSACTIONS,
    LIST_TRANSACTIONS,
    NO_TAGS,
    Answer,
    array,
    ask,
    string,
)
from amml_runtime.errors import Unavailable

_OPEN = ("Ongoing", "PrepareCommit", "PrepareAbort")


@dataclass(frozen=True)
class OpenTransaction:
    """A transaction that its coordinator knows to be open."""

    transactional_id: str
    state: str
    producer_id: int
    timeout_ms: int
    started_ms: int
    partitions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class OpenWrite:
    """What an open transaction has written to one partition, as the partition's leader sees it."""

    topic: str
    partition: int
    producer_id: int
    start_offset: int
    last_ms: int


def open_transactions(brokers: Iterable[str]) -> list[OpenTransaction]:
    """Every open transaction, by its id; each broker knows those that it coordinates.

    Errors: Unavailable, a broker does not answer, or not without TLS or a password.
    """
    found: list[OpenTransaction] = []
    for broker in brokers:
        if ids := _listed(broker):
            found += _described(broker, ids)
    return sorted(found, key=lambda each: each.transactional_id)


def open_writes(leaders: Mapping[tuple[str, int], str]) -> list[OpenWrite]:
    """The open transactions that have written to these partitions.

    Parameters:
        leaders: the address of each partition's leader.
    Errors: Unavailable.
    """
    found: list[OpenWrite] = []
    for (topic, partition), broker in sorted(leaders.items()):
        body = string(topic) + array([struct.pack(">i", partition)]) + NO_TAGS
        answer = ask(broker, DESCRIBE_PRODUCERS, 0, array([body]) + NO_TAGS)
        answer.number("i")  # how long it made us wait
        found += [each for topics in answer.array(_topic_writes) for each in topics]
    return found


def _listed(broker: str) -> list[str]:
    body = array([string(state) for state in _OPEN]) + array([]) + NO_TAGS
    answer = ask(broker, LIST_TRANSACTIONS, 0, body)
    answer.number("i")
    if error := answer.number("h"):
        raise Unavailable(f"the broker at {broker} does not list transactions: error {error}")
    answer.array(Answer.string)
    return answer.array(_listed_id)


def _listed_id(answer: Answer) -> str:
    found = answer.string()
    answer.number("q")
    answer.string()
    answer.tags()
    return found


def _described(broker: str, ids: list[str]) -> list[OpenTransaction]:
    body = array([string(each) for each in ids]) + NO_TAGS
    answer = ask(broker, DESCRIBE_TRANSACTIONS, 0, body)
    answer.number("i")
    described = answer.array(_transaction)
    return [each for each in described if each.state in _OPEN]  # the others have ended meanwhile


def _transaction(answer: Answer) -> OpenTransaction:
    answer.number("h")
    transactional_id, state = answer.string(), answer.string()
    timeout, started, producer = answer.number("i"), answer.number("q"), answer.number("q")
    answer.number("h")
    topics = answer.array(_topic)
    answer.tags()
    partitions = tuple(place for topic in topics for place in topic)
    return OpenTransaction(transactional_id, state, producer, timeout, started, partitions)


def _topic(answer: Answer) -> list[tuple[str, int]]:
    name = answer.string()
    numbers = answer.array(lambda each: each.number("i"))
    answer.tags()
    return [(name, number) for number in numbers]


def _topic_writes(answer: Answer) -> list[OpenWrite]:
    topic = answer.string()
    partitions = answer.array(lambda each: _partition_writes(each, topic))
    answer.tags()
    return [write for writes in partitions for write in writes if write.start_offset >= 0]


def _partition_writes(answer: Answer, topic: str) -> list[OpenWrite]:
    partition = answer.number("i")
    answer.number("h")
    answer.string()
    writes = answer.array(lambda each: _write(each, topic, partition))
    answer.tags()
    return writes


def _write(answer: Answer, topic: str, partition: int) -> OpenWrite:
    producer = answer.number("q")
    answer.number("i")
    answer.number("i")
    last = answer.number("q")
    answer.number("i")
    start = answer.number("q")
    answer.tags()
    return OpenWrite(topic, partition, producer, start, last)
