"""What a step says when something it relied on is gone: it stops, and never goes on elsewhere.

Each message says what happened and where, what was not harmed, and what to do.
"""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from amml_runtime.access import denial
from amml_runtime.client import bounds, group_of
from amml_runtime.errors import PositionLost, StepError, TopicChanged, Unavailable

SECONDS = 15.0
CERTAIN_SECONDS = 5.0  # a broker that has just come back may not know all topics yet
AFRESH = "`amml deploy NAME 'TEXT' --fresh` begins a new run with what is there now"
STOPPED = "The step has stopped and skipped nothing; what it wrote before is whole"


def unreadable(client: Consumer, message: Message) -> StepError:
    """What an error that arrived instead of a message means."""
    error = message.error()
    assert error is not None
    if refusal := denial(error, "Read", message.topic() or group_of(client)):
        return refusal
    place = TopicPartition(str(message.topic()), int(message.partition() or 0))
    if error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001 (Kafka's own name)
        place.offset = int(message.offset() or 0)
        return _lost_position(client, place)
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return unknown_topic(client, place.topic)
    return Unavailable(f"{place.topic}[{place.partition}] cannot be read: {error.str()}")


def unknown_topic(client: Consumer, topic: str) -> StepError:
    """Why a topic is not known: because it is gone, or because no broker could say so far."""
    if is_gone(client, topic):
        return gone(topic)
    return Unavailable(f"{topic}: Kafka does not know the topic yet")


def gone(topic: str) -> PositionLost:
    """What is said of a topic that is no longer there."""
    return PositionLost(f"{topic}: the topic is gone. {STOPPED}. {AFRESH}")


def _lost_position(client: Consumer, place: TopicPartition) -> PositionLost:
    """Why the offset that has to be read next is not there."""
    low, high = bounds(client, place)
    where, at = f"{place.topic}[{place.partition}]", place.offset
    if at < low:
        return PositionLost(
            f"{where}: {low - at} records expired before this step had read them (offsets {at} to "
            f"{low - 1}). {STOPPED}. {AFRESH}; a longer retention, or more speed, prevents it"
        )
    return PositionLost(
        f"{where}: this step goes on at offset {at}, but the topic ends at {high}: it was deleted "
        f"and made again, or lost its end. {STOPPED}. {AFRESH}"
    )


def made_again(topic: str, known: str, found: str) -> TopicChanged:
    """What is said when the name stands for another topic than before."""
    return TopicChanged(
        f"{topic}: the topic was deleted and made again: its id was {known} and is {found}, so the "
        f"offsets this step has kept mean other records. {STOPPED}. {AFRESH}"
    )


def other_partitions(topic: str, planned: int, found: int) -> TopicChanged:
    """What is said when a topic has another number of partitions than the step can read."""
    return TopicChanged(
        f"{topic}: has {found} partitions, and this step was planned for {planned}. Its records "
        f"have moved with their keys, and what later steps know of a key stays where it was. "
        f"{STOPPED}. `amml deploy NAME 'TEXT' --partitions {found} --fresh` begins a new run"
    )


def count_partitions(client: Consumer, topic: str) -> int:
    """How many partitions a topic has; raises as `unknown_topic` says where there is none."""
    try:
        found = client.list_topics(topic, timeout=SECONDS).topics[topic]
    except KafkaException as error:
        raise Unavailable(f"{topic}: Kafka does not answer: {error.args[0].str()}") from error
    if found.error is not None:
        raise unknown_topic(client, topic)
    return len(found.partitions)


def is_gone(client: Consumer, topic: str) -> bool:
    """Whether a topic is gone for good, and not only from the memory of one broker."""
    end = time.monotonic() + CERTAIN_SECONDS
    while time.monotonic() < end:
        try:
            error = client.list_topics(topic, timeout=SECONDS).topics[topic].error
        except KafkaException:
            return False  # nobody answers, so nobody knows
        if error is None or error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            return False
        time.sleep(0.2)
    return True
