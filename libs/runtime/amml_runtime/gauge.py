"""What was written for a step and what it has read, as the brokers tell it.

The step's processes need not be asked, so it may have none. Its consumer group is asked through a
consumer: the administration client ends the whole process with a segmentation fault when a group
has no coordinator yet (librdkafka issue 5040).
"""

from collections.abc import Iterator

from confluent_kafka import TopicPartition

from amml_runtime import client
from amml_runtime.spec import StepSpec


class Gauge:
    """One step's, with a connection of its own.

    Parameters:
        kafka: the bootstrap servers.
    """

    def __init__(self, kafka: str, step: StepSpec) -> None:
        self._client = client.consumer(kafka, step.name)
        self._inputs = [each for each in step.inputs if each.kind == "main"]

    def progress(self) -> tuple[int, int]:
        """Messages written to the step's own inputs, and those it has read, since the beginning.

        Errors: Unavailable, the brokers do not answer.
        """
        every = list(self._partitions())
        return sum(written for written, _ in every), sum(read for _, read in every)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _partitions(self) -> Iterator[tuple[int, int]]:
        for each in self._inputs:
            places = [TopicPartition(each.topic, number) for number in range(each.partitions)]
            for place in client.mirrored(self._client, places):
                first, end = client.bounds(self._client, place)
                # in a topic of ours, or of Connect, a commit ends in a marker, which nobody reads
                written = end - (each.format != "json" and end > 0)
                yield written, min(written, place.offset if place.offset >= 0 else first)
