"""The changelog: a compacted topic that holds what a task remembers, and where it has got to."""

from collections.abc import Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from amml_runtime.errors import Unavailable
from amml_runtime.state import State, Value, decode, encode

OWN = b"t:"  # the task's own book: positions, ledger, marks
COMPONENT = b"s:"  # what the component remembers
SILENCE_SECONDS = 30.0


def records(book: State, state: State) -> Iterator[tuple[bytes, bytes | None]]:
    """The changes of this transaction as records of the changelog; None deletes a key."""
    for key, value in book.changes():
        yield OWN + key.encode(), value
    for key, value in state.changes():
        yield COMPONENT + key.encode(), value


def restore(
    client: Consumer, topic: str, partition: int
) -> tuple[dict[str, Value], dict[str, Value]]:
    """What the changelog holds: the task's book and the component's state.

    Call it after `init_transactions`, which ends what the last owner left open; it reads up to the
    last stable offset. Raises `Unavailable` where it cannot be read.
    """
    book: dict[str, Value] = {}
    state: dict[str, Value] = {}
    for key, value in _read(client, topic, partition):
        into = book if key.startswith(OWN) else state
        name = key[2:].decode()
        if value is None:
            into.pop(name, None)
        else:
            into[name] = decode(value)
    return book, state


def read_all(client: Consumer, topic: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Every committed record of a one-partition topic, up to its end now."""
    return _read(client, topic, 0)


def agrees(client: Consumer, topic: str, partition: int, book: State) -> bool:
    """Whether the changelog holds what we committed last: nobody has committed since."""
    committed, _ = restore(client, topic, partition)
    return encode(dict(sorted(committed.items()))) == encode(dict(sorted(book.kept.items())))


def _read(client: Consumer, topic: str, partition: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Records up to the end-of-partition event, which stands at the last stable offset."""
    client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
    try:
        while True:
            message = client.poll(SILENCE_SECONDS)
            if message is None:
                raise Unavailable(f"{topic}[{partition}] cannot be read: Kafka is silent")
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                return
            if error is not None:
                raise Unavailable(f"{topic}[{partition}] cannot be read: {error.str()}")
            yield message.key() or b"", message.value()
    finally:
        client.unassign()  # also when the reader has seen enough: it must not go on fetching
