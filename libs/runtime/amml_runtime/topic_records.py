"""The records of a topic, from outside: where they begin and end, how large they are, until when.

Nothing is changed but by `delete_before`.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from amml_runtime import client
from amml_runtime.access import denial, silent
from amml_runtime.admin import TIMEOUT
from amml_runtime.changelog import committed
from amml_runtime.errors import Unavailable
from amml_runtime.kafka_security import reaching

PLACES = 10  # of a partition, at which sizes are looked at
SAMPLE = 200  # records at each
_WORDS = {
    KafkaError.POLICY_VIOLATION: "it is compacted, and Kafka deletes records of no such topic",
    KafkaError.OFFSET_OUT_OF_RANGE: "it has no such offset",
}


class TopicRecords:
    """A topic of JSON records, each partition of it; raises `Unavailable`, and `AccessDenied`.

    Parameters:
        bootstrap: where Kafka listens.
        topic: its name.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._admin = AdminClient({**reaching(bootstrap), "log_level": 0})

    def partitions(self) -> list[int]:
        """The partitions there are; none: there is no such topic."""
        try:
            found = self._admin.list_topics(timeout=TIMEOUT).topics.get(self._topic)
        except KafkaException as error:
            raise silent(self._bootstrap, error) from error
        return sorted(found.partitions) if found is not None else []

    def extents(self) -> dict[int, tuple[int, int]]:
        """The first offset there is of each partition, and the one after the last."""
        first, end = self._offsets(OffsetSpec.earliest()), self._offsets(OffsetSpec.latest())
        return {each: (first[each], end[each]) for each in first}

    def since(self, time_ms: int) -> dict[int, int]:
        """The offset of each partition before which every record is older than a time."""
        found, end = self._offsets(OffsetSpec.for_timestamp(time_ms)), self.extents()
        return {each: offset if offset >= 0 else end[each][1] for each, offset in found.items()}

    def record_bytes(self) -> dict[int, float]:
        """How much a record of each partition takes, key and value, by up to 2,000 of them."""
        quick = {"fetch.wait.max.ms": 5, "enable.partition.eof": True}
        reader = client.consumer(self._bootstrap, f"amml-sizes-{self._topic}", **quick)
        try:
            return {
                partition: _mean(self._sample(reader, partition, first, end))
                for partition, (first, end) in self.extents().items()
            }
        finally:
            reader.close()

    def _sample(self, reader: Consumer, partition: int, first: int, end: int) -> list[int]:
        """The sizes of some records at some places, the same ones each time."""
        places = range(first, end, max(1, (end - first) // PLACES))
        return [
            len(each.value() or b"") + len(each.key() or b"")
            for at in places
            for each in islice(committed(reader, self._topic, partition, at), SAMPLE)
        ]

    def positions(self, group: str) -> dict[int, int]:
        """The next offset that a consumer group reads of each partition it has read of."""
        request = ConsumerGroupTopicPartitions(group)
        [future] = self._admin.list_consumer_group_offsets([request]).values()
        found = self._result(future, "Describe", group).topic_partitions
        ours = [each for each in found if each.topic == self._topic and each.offset >= 0]
        return {each.partition: each.offset for each in ours}

    def delete_before(self, offsets: Mapping[int, int]) -> dict[int, int]:
        """Delete the records before an offset of each partition; where they begin now."""
        wanted = [TopicPartition(self._topic, each, offset) for each, offset in offsets.items()]
        if not wanted:
            return {}
        futures = self._admin.delete_records(wanted, request_timeout=TIMEOUT)
        return {
            place.partition: self._result(future, "Delete", self._topic).low_watermark
            for place, future in futures.items()
        }

    def _offsets(self, spec: Any) -> dict[int, int]:
        wanted = {TopicPartition(self._topic, each): spec for each in self.partitions()}
        if not wanted:
            return {}
        futures = self._admin.list_offsets(wanted, request_timeout=TIMEOUT)
        return {
            place.partition: self._result(future, "Describe", self._topic).offset
            for place, future in futures.items()
        }

    def _result(self, future: Any, right: str, name: str) -> Any:
        try:
            return future.result(TIMEOUT + 1)
        except KafkaException as error:
            refusal = denial(error.args[0], right, name)
            if refusal is not None:
                raise refusal from error
            code, said = error.args[0].code(), error.args[0].str()
            raise Unavailable(f"`{name}`: {_WORDS.get(code, said)}") from error


def _mean(sizes: Sequence[int]) -> float:
    return sum(sizes) / len(sizes) if sizes else 0.0
