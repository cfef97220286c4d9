"""From what a user typed to what is certified: the text planned, its input found and recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amml_deploy.broker import topics
from amml_deploy.catalogue import fetch
from amml_deploy.certify.certify import Asked
from amml_deploy.certify.ground import Ground
from amml_deploy.certify.inputs import GENERATED, RECORDED, fed, recorded, with_random_rows
from amml_deploy.certify.sandbox import cut_off, recorded_inputs
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.planner.wanted import wanted
from amml_deploy.workflow_text import compiled
from amml_runtime.recording import Record
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Options:
    """What the command's options say."""

    input: str = RECORDED
    rounds: int = 5
    seed: int = 1
    broker: bool = False
    rows: int = 20_000
    seconds: float = 5.0
    partitions: int = 1
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def ask(ground: Ground, text: str, options: Options) -> Asked:
    """Plan a text as a deploy would, and record what it reads.

    Errors: UserError, exactly what `amml plan` would say, or there is nothing to record.
    """
    program = fed(compiled(text), options.input)
    catalogue = fetch(ground.control, wanted(program, ground.workflow), _partitions_of)
    settings = Settings(ground.workflow, partitions=options.partitions, options=options.sets)
    plan(program, catalogue, settings)  # whatever is wrong is told of the input as it is
    if options.input == GENERATED:
        catalogue = with_random_rows(program, catalogue)
    own = plan(program, catalogue, settings)
    recordings = recorded(ground.platform.kafka, recorded_inputs(own), options.rows)
    return Asked(
        program=program,
        catalogue=catalogue,
        settings=settings,
        input=options.input,
        recordings=recordings,
        rounds=options.rounds,
        seed=options.seed,
        broker=options.broker,
        rows=options.rows,
        seconds=options.seconds,
        notes=(*_replaced(own), *_extent(own, recordings, options.rows)),
    )


def _replaced(own: Plan) -> list[str]:
    return [
        f"`{label}` was replaced by `print`, so that it has no effect outside: it is not covered"
        for label in cut_off(own)
    ]


def _extent(own: Plan, recordings: Mapping[str, list[Record]], rows: int) -> list[str]:
    """How much of the input was used."""
    sources = [step.label for step in own.steps if step.mode == "read"]
    said = [f"of `{label}` at most the first {rows:,} rows" for label in sources]
    said += [f"of the topic `{topic}` {len(each):,} messages" for topic, each in recordings.items()]
    return [f"input: {', '.join(said)}"]


def _partitions_of(names: Iterable[str]) -> dict[str, int]:
    wanted = set(names)
    return {topic.name: topic.partitions for topic in topics() if topic.name in wanted}
