"""A transactional loop as confluent-kafka's documents teach it, with nothing against late bytes.

It copies a topic to two others, ten records a transaction, and starts anew after any error.
"""

import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

DEADLINE = 120.0
PER_TRANSACTION = 10


class PlainLoop:
    """The loop, with the group and the transactional id `name`."""

    def __init__(self, kafka: str, name: str, source: str, sinks: tuple[str, str]) -> None:
        self._kafka = kafka
        self._name = name
        self._source = source
        self._sinks = sinks

    def run(self, upto: int) -> None:
        """Copy until the committed offset is `upto`; each error starts the loop anew."""
        end = time.monotonic() + DEADLINE
        while self.committed() < upto:
            assert time.monotonic() < end, "the loop does not come to its end"
            try:
                self._live(upto)
            except KafkaException as error:
                print(f"starting anew: {error}")

    def committed(self) -> int:
        """The group's offset, as a restart would find it."""
        consumer = self._consumer()
        try:
            (place,) = consumer.committed([TopicPartition(self._source, 0)], timeout=30)
            return max(0, place.offset)
        finally:
            consumer.close()

    def _live(self, upto: int) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self._kafka,
                "transactional.id": self._name,
                "retry.backoff.ms": 10,
                "log_level": 0,
            }
        )
        producer.init_transactions(30)
        place = TopicPartition(self._source, 0, self.committed())
        consumer = self._consumer()
        consumer.assign([place])
        try:
            while place.offset < upto:
                messages = consumer.consume(PER_TRANSACTION, timeout=30)
                producer.begin_transaction()
                for message in messages:
                    for sink in self._sinks:
                        producer.produce(sink, message.value())
                place.offset += len(messages)
                producer.send_offsets_to_transaction([place], consumer.consumer_group_metadata())
                producer.commit_transaction(30)
        finally:
            consumer.close()

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self._kafka,
                "group.id": self._name,
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
