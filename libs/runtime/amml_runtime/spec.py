"""What a step process is told: the specification of one step, and the plan of them all.

The planner writes these, the supervisor or chart carries them, `amml_runtime` runs them.
Everything is plain data with a JSON form.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Mode: TypeAlias = Literal["read", "process", "write", "fit", "train"]
Format: TypeAlias = Literal["arrow", "json", "connect"]
Kind: TypeAlias = Literal["main", "side", "event", "table", "fit", "replay"]


@dataclass(frozen=True)
class InputSpec:
    """One topic a step reads.

    `main` rows go to `process` or `write`. `side` rows of the task's own partition, and `event`
    rows of all partitions, go to `event`, as those of a `table`, which all come before any other. A
    `fit` record becomes `state.params`; a `replay` brings back what the step had refused. `writers`
    end marks end a partition of it. `foreign` topics belong to others: their marks and ledger are
    not ours to check. A `timed` one says in marks how far in event time it has come. One that
    `grows` may get more partitions: task p then reads p, p + `partitions`, ...
    """

    topic: str
    label: str
    kind: Kind = "main"
    format: Format = "arrow"
    partitions: int = 1
    writers: int = 1
    start: Literal["start", "now"] = "start"
    foreign: bool = False
    grows: bool = False
    timed: bool = False


@dataclass(frozen=True)
class OutputSpec:
    """The topic a step writes.

    `rekeyed`: rows go to the partition of their key. `timed`: a reader waits for the step's event
    time, so it says how far it has come also where it lets no row through.
    """

    topic: str
    format: Format = "arrow"
    partitions: int = 1
    rekeyed: bool = False
    timed: bool = False


@dataclass(frozen=True)
class Stage:
    """A step that runs in the process of another, which takes its rows without a topic between."""

    label: str
    component: str
    identity: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class StepSpec:
    """One step of a workflow's run.

    `component` is `module:Class`; `arguments` its arguments in JSON form; `resources` what the
    planner resolved for it: `entry` (source catalogue), `model` (model run), `params` (known
    scaler parameters), `definition` (a model's), `until` (a fit's cut). `identity` is the hash
    of all that makes its results what they are, nothing upstream. `fused` are the steps whose
    rows it takes in its own process, in the order of the flow; `inputs` are then the first one's.
    """

    prefix: str
    workflow: str
    run: int
    label: str
    mode: Mode
    component: str
    identity: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resources: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[InputSpec, ...] = ()
    output: OutputSpec | None = None
    partitions: int = 1
    slots: int = 1
    bounded: bool = False
    state_version: int = 1
    fused: tuple[Stage, ...] = ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All that run in its process, the step itself last."""
        own = Stage(
            self.label, self.component, self.identity,
            self.arguments, self.resources, self.options,
        )  # fmt: skip
        return (*self.fused, own)

    @property
    def name(self) -> str:
        """The step's own name: output topic, consumer group, start of its transactional ids."""
        return f"{self.prefix}.{self.workflow}.r{self.run}.{self.label}"

    @property
    def changelog(self) -> str | None:
        """The compacted topic that keeps its state; a fit needs none."""
        return None if self.mode == "fit" else f"{self.name}.state"

    @property
    def dead_letters(self) -> str:
        """The workflow's dead-letter topic."""
        return f"{self.prefix}.{self.workflow}.dlq"

    @property
    def replays(self) -> str:
        """The topic that brings dead letters of this run back, each to the step that refused it."""
        return f"{self.prefix}.{self.workflow}.r{self.run}.dlq.replay"

    @property
    def tasks(self) -> int:
        """How many tasks: one a partition, or one for all where they must be seen together."""
        return self.partitions if self.mode in ("process", "write") else 1

    def to_json(self) -> dict[str, Any]:
        """As plain data; equal specifications give equal documents."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "StepSpec":
        """What `to_json` gave, or its text parsed."""
        output = document["output"]
        fields: dict[str, Any] = {
            **document,
            "inputs": tuple(InputSpec(**each) for each in document["inputs"]),
            "output": None if output is None else OutputSpec(**output),
            "fused": tuple(Stage(**each) for each in document.get("fused", ())),
        }
        return cls(**fields)


@dataclass(frozen=True)
class TopicSpec:
    """A topic to make."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Plan:
    """All that carries out one workflow: pure data, made from text, catalogue and settings."""

    prefix: str
    workflow: str
    run: int
    bounded: bool
    text: str
    steps: tuple[StepSpec, ...]  # from the sources on
    topics: tuple[TopicSpec, ...]
    sources: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what a person should know before it is carried out
    guarantees: tuple[str, ...] = ()  # what is promised where rows come in and go out

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Plan":
        """What `to_json` gave."""
        fields: dict[str, Any] = {
            **document,
            "steps": tuple(StepSpec.from_json(each) for each in document["steps"]),
            "topics": tuple(TopicSpec(**each) for each in document["topics"]),
            **{
                name: tuple(document[name]) for name in ("sources", "models", "notes", "guarantees")
            },
        }
        return cls(**fields)
