"""The board's own topics, made before Faust asks for them: it would make each with one copy."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

_MOST_COPIES = 3
_HARMLESS = (0, 36)  # made, or there already
_TOPICS = {
    "kept": {"cleanup.policy": "delete", "retention.ms": str(7 * 86_400_000)},
    "open-changelog": {"cleanup.policy": "compact"},
}


class NoTopics(RuntimeError):
    """Kafka does not make the topics."""


async def make_topics(kafka: str, prefix: str) -> None:
    """Make those that are not there, with up to three copies. Errors: NoTopics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        new = [
            NewTopic(f"{prefix}.alert-board-{name}", 1, min(_MOST_COPIES, brokers), None, config)
            for name, config in _TOPICS.items()
        ]
        answer: Any = await admin.create_topics(new)
    finally:
        await admin.close()
    if wrong := [each for each in answer.topic_errors if each[1] not in _HARMLESS]:
        raise NoTopics(f"topic {wrong[0][0]} cannot be made: {wrong[0][1:]}")
