"""From a text to a plan, with what the control API knows: what plan, deploy and run share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from amml_deploy.catalogue import Catalogue, Deployed, Document, fetch
from amml_deploy.control import Control, workflow_of
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.planner.labels import align
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import DAY_MS, Settings
from amml_deploy.planner.wanted import wanted
from amml_deploy.planner.wiring import fold
from amml_deploy.workflow_text import compiled
from amml_language.program import Program
from amml_runtime.spec import Plan

T = TypeVar("T")


@dataclass(frozen=True)
class Choices:
    """What a command's options say; what they leave open stays as it was deployed last."""

    partitions: int | None = None
    retention_ms: int | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    fuse: bool | None = None
    new_run: bool = False
    target: str | None = None
    autoscale: tuple[int, int] | Literal[False] | None = None  # False: no more


@dataclass(frozen=True)
class Prepared:
    """A plan beside what is deployed now."""

    plan: Plan
    settings: Settings
    old: Deployed | None

    @property
    def expected_version(self) -> int | None:
        """The version that the plan was made from."""
        return self.old.version if self.old else None

    @property
    def unchanged(self) -> bool:
        """Whether deploying it would change nothing at all; what has failed is tried again."""
        if self.old is None or self.old.desired != "running" or self.old.state == "failed":
            return False
        before = (self.old.plan, self.old.text, self.old.settings)
        return before == (self.plan, self.plan.text, self.settings.document())


def prepare(control: Control, name: str, text: str, choices: Choices) -> Prepared:
    """Plan a text against the catalogue as it is now; nothing is written.

    Errors: UserError, ControlDown.
    """
    return _planned(compiled(text), control, name, choices)


def prepare_again(control: Control, name: str, choices: Choices) -> Prepared:
    """Plan the text that is deployed.

    Errors: UserError, there is no such workflow; ControlDown.
    """
    return prepare(control, name, workflow_of(control, name)["text"], choices)


def _planned(program: Program, control: Control, name: str, choices: Choices) -> Prepared:
    names = wanted(program, check("workflow", name))
    catalogue: Catalogue = fetch(control, names, _partitions_of)
    old = catalogue.workflows.get(name)
    labels = {node.label for node in align(fold(program), old.plan.steps if old else ())}
    if old is not None:
        _refuse_to_move(old, choices.target)
    settings = _settings(name, old.settings if old else {}, choices, labels)
    prepared = Prepared(plan(program, catalogue, settings), settings, old)
    if settings.autoscale and prepared.plan.bounded:
        raise UserError(f"`{name}` ends by itself; --autoscale is for workflows that go on")
    return prepared


def _refuse_to_move(old: Deployed, target: str | None) -> None:
    """Two targets would run the same steps side by side until one has fenced the other."""
    runs_on = old.settings.get("target", "local")
    if target not in (None, runs_on):
        raise UserError(
            f"`{old.name}` runs on {runs_on}, not on {target}: undeploy it first "
            f"(`amml undeploy {old.name} --keep-data` leaves its topics)"
        )


def _settings(name: str, before: Document, choices: Choices, labels: set[str]) -> Settings:
    """What was chosen now, over what was before; a step that is gone takes its options along."""
    kept = {k: v for k, v in before.get("options", {}).items() if k in labels}
    options: dict[str, dict[str, Any]] = {k: dict(v) for k, v in kept.items()}
    for label, chosen in choices.options.items():
        options[label] = {**options.get(label, {}), **chosen}
    return Settings(
        workflow=name,
        partitions=_chosen(choices.partitions, before.get("partitions"), 1),
        retention_ms=_chosen(choices.retention_ms, before.get("retention_ms"), 7 * DAY_MS),
        options=options,
        fuse=_chosen(choices.fuse, before.get("fuse"), False),
        target=_chosen(choices.target, before.get("target"), "local"),
        autoscale=_autoscale(choices, before),
        new_run=choices.new_run,
    )


def _autoscale(choices: Choices, before: Document) -> tuple[int, int] | None:
    bounds = before.get("autoscale")
    kept = (bounds["min"], bounds["max"]) if bounds else None
    return kept if choices.autoscale is None else choices.autoscale or None


def _chosen(*values: T | None) -> T:
    """The first that was said; 0 was said, too, and is refused where it is used."""
    return next(value for value in values if value is not None)


def _partitions_of(names: Iterable[str]) -> dict[str, int]:
    """Asked of the broker, and only when a text names a topic: it takes a client."""
    from amml_deploy.broker import topics

    wanted = set(names)
    return {topic.name: topic.partitions for topic in topics() if topic.name in wanted}
