"""A workflow's topics, as every backend makes and removes them.

Kafka's client takes a while to load, so it is imported when it is wanted.
"""

from collections.abc import Iterable

from amml_runtime.spec import TopicSpec


def make(kafka: str, topics: Iterable[TopicSpec]) -> None:
    """Make the topics of a plan that are not there yet."""
    from amml_runtime.admin import create_topics

    create_topics(kafka, topics)


def remove(kafka: str, prefix: str, workflow: str) -> None:
    """Remove a workflow's topics and consumer groups."""
    from amml_runtime.admin import remove_prefix

    remove_prefix(kafka, f"{prefix}.{workflow}.")
