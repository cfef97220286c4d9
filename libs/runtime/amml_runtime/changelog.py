"""The changelog: a compacted topic that holds what a task remembers, and where it has got to."""

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from amml_runtime.errors import PositionLost, Unavailable
from amml_runtime.loss import AFRESH, STOPPED, unreadable
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
    last stable offset. Raises `Unavailable` where it cannot be read, `PositionLost` where a part of
    it is gone: that must not be taken for a state with less in it.
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
    _refuse_cut(topic, partition, book)
    return book, state


def read_all(client: Consumer, topic: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Every committed record of a one-partition topic, up to its end now."""
    return _read(client, topic, 0)


def agrees(client: Consumer, topic: str, partition: int, book: State) -> bool:
    """Whether the changelog holds what we committed last: nobody has committed since."""
    committed, _ = restore(client, topic, partition)
    return encode(dict(sorted(committed.items()))) == encode(dict(sorted(book.kept.items())))


def committed(client: Consumer, topic: str, partition: int, first: int = 0) -> Iterator[Message]:
    """Every committed message of a partition, from an offset to the last stable one.

    A compacted topic keeps offset 0: where that is gone, so is a part of what was written down.
    Raises `PositionLost` then, `Unavailable` where nothing can be read.
    """
    client.assign([TopicPartition(topic, partition, first)])
    try:
        while True:
            message = client.poll(SILENCE_SECONDS)
            if message is None:
                raise Unavailable(f"{topic}[{partition}] cannot be read: Kafka is silent")
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                return
            if error is not None:
                raise unreadable(client, message)
            yield message
    finally:
        client.unassign()  # also when the reader has seen enough: it must not go on fetching


def _read(client: Consumer, topic: str, partition: int) -> Iterator[tuple[bytes, bytes | None]]:
    for message in committed(client, topic, partition):
        yield message.key() or b"", message.value()


def _refuse_cut(topic: str, partition: int, book: dict[str, Value]) -> None:
    """A task writes once what kind it is, so a book that has positions only has lost its start."""
    if "kind" not in book and any(key == "position" or key.startswith("at:") for key in book):
        raise PositionLost(
            f"{topic}[{partition}]: the changelog was deleted and made again while this step "
            f"was at work, so what it remembers is not whole. {STOPPED}. {AFRESH}"
        )
