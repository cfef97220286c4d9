"""Every topic a workflow needs, with its settings: made before its steps start, never changed."""

from collections.abc import Iterable, Iterator

from amml_deploy.planner.settings import Settings
from amml_runtime.spec import StepSpec, TopicSpec

# Fits a message of 900,000 bytes of rows with its headers.
_LARGEST = {"max.message.bytes": "1048576"}
# Small segments and an eager cleaner keep a restore short.
_CHANGELOG = {
    "cleanup.policy": "compact",
    "segment.bytes": str(16 << 20),
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.1",
    **_LARGEST,
}


def topics_of(steps: Iterable[StepSpec], settings: Settings, bounded: bool) -> list[TopicSpec]:
    """The topics of the steps, in their order, its dead letters and replays; each once."""
    steps = list(steps)
    kept = _kept("-1" if bounded else str(settings.retention_ms))
    found = [each for step in steps for each in _of_step(step, settings, kept)]
    for step in steps:
        found.append(TopicSpec(step.dead_letters, 1, kept))
        if step.mode in ("process", "write"):
            found.append(TopicSpec(step.replays, step.partitions, kept))
    return list({topic.name: topic for topic in found}.values())


def _of_step(step: StepSpec, settings: Settings, kept: dict[str, str]) -> Iterator[TopicSpec]:
    if step.output is not None:
        yield TopicSpec(step.output.topic, step.output.partitions, _output(step, settings, kept))
    if step.changelog is not None:
        yield TopicSpec(step.changelog, step.tasks, _CHANGELOG)


def _output(step: StepSpec, settings: Settings, kept: dict[str, str]) -> dict[str, str]:
    assert step.output is not None
    if step.mode == "fit":
        return {"cleanup.policy": "compact", **_LARGEST}
    if step.output.topic == step.name:
        return kept
    if step.output.topic.startswith(f"{settings.prefix}."):
        return _kept(str(settings.retention_ms))  # the alerts, which all workflows share
    return {}  # a topic of the user's: the broker's own settings


def _kept(retention: str) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": retention, **_LARGEST}
