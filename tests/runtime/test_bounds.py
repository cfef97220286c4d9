"""The ends of a partition are asked for again while no broker knows them, and only then."""

from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from amml_runtime.client import bounds
from amml_runtime.errors import Unavailable

PLACE = TopicPartition("raw", 0)


class FailsFirst:
    """A consumer whose broker answers with an error once: no real one does so on demand."""

    def __init__(self, code: int) -> None:
        self._errors = [code]

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        if self._errors:
            raise KafkaException(KafkaError(self._errors.pop()))
        return 3, 7


def asked(code: int) -> tuple[int, int]:
    return bounds(cast(Consumer, cast(Any, FailsFirst(code))), PLACE)


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
    ],
)
def test_a_partition_without_a_leader_is_asked_again(code: int) -> None:
    """All brokers were killed and came back: a step that asked too early crashed."""
    assert asked(code) == (3, 7)


def test_another_error_is_told_at_once() -> None:
    with pytest.raises(Unavailable, match=r"raw\[0\]"):
        asked(KafkaError.TOPIC_AUTHORIZATION_FAILED)
