"""A case: what an audit is told. It is told nothing of how the run went.

    {"kafka": "127.0.0.1:9092",
     "inputs": [{"topic": "raw", "partitions": 2, "seed": 7, "rows": 1000, "keys": 20}],
     "outputs": [{"topic": "amml.w.r1.mean_std", "format": "arrow",
                  "expect": {"name": "running_mean", "above": 20}}],
     "steps": [{"name": "amml.w.r1.topic", "reads": ["raw"], "changelog": "amml.w.r1.topic.state"}],
     "states": [{"changelog": "amml.w.r1.mean_std.state", "fold": {"name": "running_mean"}}],
     "dead_letters": {"topic": "amml.w.dlq"},
     "attempts": "/tmp/case/attempts", "empty_folders": ["/tmp/case/staging"]}

An input may have `poison`, and say how many of its messages were `written` before the generator was
stopped; its `topic` is null where the records came from a file. `steps` are those with
a position: the consumer group has the step's name, and its changelog, unless null, holds the
position too. What is left out is not looked at, but `inputs` and `outputs` must be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from generator import Input


@dataclass(frozen=True)
class Source:
    """An input, and the topic it was written to."""

    topic: str | None
    input: Input


@dataclass(frozen=True)
class Output:
    """A topic, and the function of `expected.py` that says what it holds."""

    topic: str
    format: Literal["json", "arrow"]
    expect: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class StepCase:
    """A step that keeps a position in each topic it reads."""

    name: str
    reads: tuple[str, ...]
    changelog: str | None


@dataclass(frozen=True)
class StateCase:
    """A changelog whose component's state must be a fold over the input."""

    changelog: str
    fold: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """All of it."""

    kafka: str
    sources: tuple[Source, ...]
    outputs: tuple[Output, ...]
    steps: tuple[StepCase, ...] = ()
    states: tuple[StateCase, ...] = ()
    dead_letters: str | None = None
    attempts: Path | None = None
    empty_folders: tuple[Path, ...] = field(default=())

    @property
    def topics(self) -> set[str]:
        """Every topic that it names."""
        named = {each.topic for each in self.outputs} | {each.changelog for each in self.states}
        named |= {topic for step in self.steps for topic in step.reads}
        named |= {step.changelog for step in self.steps if step.changelog}
        named |= {source.topic for source in self.sources if source.topic}
        return named | ({self.dead_letters} if self.dead_letters else set())


def parse(document: Mapping[str, Any]) -> Case:
    """A case from its JSON form; raises `KeyError` or `TypeError` where that is not one."""
    letters = document.get("dead_letters")
    attempts = document.get("attempts")
    return Case(
        kafka=document["kafka"],
        sources=tuple(_source(each) for each in document["inputs"]),
        outputs=tuple(
            Output(each["topic"], each["format"], *_named(each["expect"]))
            for each in document["outputs"]
        ),
        steps=tuple(
            StepCase(each["name"], tuple(each["reads"]), each.get("changelog"))
            for each in document.get("steps", ())
        ),
        states=tuple(
            StateCase(each["changelog"], *_named(each["fold"]))
            for each in document.get("states", ())
        ),
        dead_letters=letters["topic"] if letters else None,
        attempts=Path(attempts) if attempts else None,
        empty_folders=tuple(Path(each) for each in document.get("empty_folders", ())),
    )


def _source(document: Mapping[str, Any]) -> Source:
    fields = dict(document)
    return Source(fields.pop("topic"), Input(**fields))


def _named(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    fields = dict(document)
    return fields.pop("name"), fields
