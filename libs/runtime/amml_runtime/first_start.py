"""An empty changelog: a first start, or a step that has lost its memory?

The consumer group, which only mirrors the position, and the step's own output tell an earlier life.
"""

from confluent_kafka import Consumer, Message, TopicPartition

from amml_runtime import wire
from amml_runtime.changelog import committed
from amml_runtime.client import bounds, mirrored
from amml_runtime.errors import PositionLost, Unavailable
from amml_runtime.loss import AFRESH, STOPPED, gone, is_gone
from amml_runtime.spec import StepSpec


def refuse_lost_memory(client: Consumer, spec: StepSpec, task: str) -> None:
    """Raise `PositionLost` if the task has worked before, and its changelog knows nothing of it.

    Only an empty changelog is a question: one that has lost its beginning is refused by
    `changelog.restore`.
    """
    if spec.changelog is None:
        return
    place = TopicPartition(spec.changelog, 0 if task == "all" else int(task))
    if _end_of(client, place) > 0:
        return
    trace = _mirrored(client, spec, place.partition) or _written(client, spec, place.partition)
    if trace:
        raise PositionLost(
            f"{place.topic}[{place.partition}]: the changelog is empty, but this step has worked "
            f"before: {trace}. Its topic was deleted and made again, and with it the position and "
            f"the state. {STOPPED}. {AFRESH}"
        )


def _end_of(client: Consumer, place: TopicPartition) -> int:
    try:
        return bounds(client, place)[1]
    except Unavailable as error:
        if is_gone(client, place.topic):
            raise gone(place.topic) from error
        raise


def _mirrored(client: Consumer, spec: StepSpec, partition: int) -> str:
    """What the consumer group, which only mirrors the position, says of an earlier life."""
    topics = [each.topic for each in spec.inputs if each.kind == "main"]
    if spec.mode not in ("process", "write") or not topics:
        return ""
    asked = [TopicPartition(topic, partition) for topic in topics]
    for place in mirrored(client, asked):
        if place.offset > 0:
            return f"it had read {place.topic}[{partition}] up to offset {place.offset}"
    return ""


def _written(client: Consumer, spec: StepSpec, partition: int) -> str:
    """What the step's own output says of it: the first committed message of this writer."""
    to = spec.output
    if to is None or to.topic != spec.name:
        return ""
    spread = spec.mode in ("read", "train") or to.rekeyed
    writer = partition if spread else 0
    for place in range(to.partitions) if spread else [partition]:
        if any(_writer(each) == writer for each in committed(client, to.topic, place)):
            return f"{to.topic}[{place}] holds what it wrote"
    return ""


def _writer(message: Message) -> int:
    """The number of the writer of a message of ours."""
    return wire.read_headers(list(message.headers() or ())).writer  # type: ignore[arg-type]
