"""The whole of it: a reference, a calm round, rounds with faults, and what came of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from amml_deploy.catalogue import Catalogue
from amml_deploy.certify.about import about
from amml_deploy.certify.certificate import Certificate, Met, RoundResult
from amml_deploy.certify.compare import Verdict
from amml_deploy.certify.faults import Fault, Target, draw
from amml_deploy.certify.ground import Ground
from amml_deploy.certify.reference import Reference
from amml_deploy.certify.rounds import Order, Ran, run_round
from amml_deploy.certify.sandbox import Pace, contained, copies, trained_models
from amml_deploy.errors import AmmlError
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.supervisor.wish import Slot
from amml_language.program import Program
from amml_runtime.recording import Record
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Asked:
    """What is to be certified, and how.

    Parameters:
        program, catalogue: the workflow, and what it names.
        settings: as of a deploy.
        input: what the report calls the input.
        recordings: the messages of each topic of others that it reads.
        rounds, seed, broker: how many rounds, drawn from what, and whether the broker is frozen.
        rows: at the most so many of each source.
        seconds: over which the rows of each source are spread, so that faults meet work.
        notes: what the report has to say of all that.
    """

    program: Program
    catalogue: Catalogue
    settings: Settings
    input: str = "recorded"
    recordings: Mapping[str, Sequence[Record]] = field(default_factory=dict[str, Sequence[Record]])
    rounds: int = 5
    seed: int = 1
    broker: bool = False
    rows: int = 20_000
    seconds: float = 5.0
    notes: tuple[str, ...] = ()


def certify(asked: Asked, ground: Ground, tell: Callable[[str], None]) -> Certificate:
    """Make a certificate; nothing of it stays in the platform.

    Parameters:
        tell: is told what is going on, a line at a time.
    Errors: AmmlError, the workflow does not come to its end though nothing disturbs it.
    """
    tell("reference: running undisturbed, at full speed")
    inner, first, _ = _carried_out(asked, ground, 0, {}, {}, ())
    if first.trouble:
        raise AmmlError(f"the workflow fails though nothing disturbs it: {first.trouble}")
    reference = Reference.of(inner, first)
    rates = {
        step.label: reference.by_label[step.label] / asked.seconds
        for step in inner.steps
        if step.mode == "read" and reference.by_label[step.label]
    }
    tell(f"calm round: undisturbed again, its input spread over {asked.seconds:g} s")
    calm, ran = _round(asked, ground, 0, rates, reference, ())
    tell(_line(asked, calm))
    targets = _targets(inner, ran)
    rounds: list[RoundResult] = []
    chance = Random(asked.seed)
    for number in range(1, asked.rounds + 1):
        faults = draw(chance, targets, asked.broker)
        result, _ = _round(asked, ground, number, rates, reference, faults)
        rounds.append(result)
        tell(_line(asked, result))
    return Certificate(
        text=asked.program.text,
        input=asked.input,
        seed=asked.seed,
        edges=reference.edges,
        rows=reference.rows,
        calm=calm,
        rounds=tuple(rounds),
        notes=asked.notes,
        about=about(ground.platform.kafka),
    )


def _round(
    asked: Asked,
    ground: Ground,
    number: int,
    rates: Mapping[str, float],
    reference: Reference,
    faults: Sequence[Fault],
) -> tuple[RoundResult, Ran]:
    inner, ran, models = _carried_out(asked, ground, number + 1, rates, reference.rows, faults)
    verdicts = () if ran.trouble else (*reference.judge(inner, ran), *models)
    met = tuple(
        Met(fault.kind, str(fault.slot) if fault.slot else None, recovery)
        for fault, recovery in ran.hits
    )
    result = RoundResult(number, met, verdicts, ran.restarts, ran.seconds, ran.trouble)
    return result, ran


def _carried_out(
    asked: Asked,
    ground: Ground,
    number: int,
    rates: Mapping[str, float],
    rows: Mapping[str, int],
    faults: Sequence[Fault],
) -> tuple[Plan, Ran, list[Verdict]]:
    """Run the workflow once, under names of its own; the plan, what it did, what it trained."""
    settings = replace(asked.settings, prefix=ground.prefix(number))
    made = plan(asked.program, asked.catalogue, settings)
    inner = contained(made, Pace(asked.rows, rates))
    order = Order(
        plan=inner,
        faults=faults,
        expected={f"{inner.prefix}.{topic}": n for topic, n in rows.items()},
        recordings={copy: asked.recordings[topic] for topic, copy in copies(made).items()},
        seconds=asked.seconds if rates or rows else 0.0,
    )
    with ground.models(made):
        ran = run_round(order, ground.platform, ground.folder / str(number))
        return inner, ran, _trainings(made, ground)


def _trainings(made: Plan, ground: Ground) -> list[Verdict]:
    """Whether each training was registered, and once."""
    found: list[Verdict] = []
    for (model, version), name in trained_models(made).items():
        expected = sum(
            (step.resources["model"]["model"], step.resources["model"]["version"])
            == (model, version)
            for step in made.steps
            if step.mode == "train"
        )
        runs = ground.completed_runs(name, version)
        lost, doubled = max(0, expected - runs), max(0, runs - expected)
        found.append(Verdict(f"runs of {model}:{version}", expected, runs, lost, doubled))
    return found


def _targets(inner: Plan, ran: Ran) -> list[Target]:
    """Every process, with how often it committed in the calm round."""
    return [
        Target(Slot(step.label, number), step.mode, _commits(ran.figures.get(step.label, {})))
        for step in inner.steps
        for number in range(step.slots)
    ]


def _commits(figures: Mapping[str, float]) -> int:
    """A training has no such figure: it commits once for each of its rows."""
    trained = figures.get("amml_rows_out_total", 1)
    return int(figures.get("amml_commit_seconds_count") or trained)


def _line(asked: Asked, result: RoundResult) -> str:
    said = f"{result.anomalies} anomalies" if result.anomalies else "clean"
    if not result.number:
        return f"calm round: {said}, {result.seconds:.1f} s"
    met = ", ".join(f"{fault.kind} {fault.step or ''}".strip() for fault in result.faults)
    return f"round {result.number}/{asked.rounds}: {said}, {result.seconds:.1f} s; {met or 'none'}"
