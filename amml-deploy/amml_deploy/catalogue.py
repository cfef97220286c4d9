"""What the planner knows of the world: sources, models and workflows, as they are at one moment.

`fetch` asks the control API for what one workflow names and nothing else; from then on the
catalogue is plain data, so a plan is a pure function of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from amml_deploy.control import Control
from amml_deploy.sources.lake_entry import LAKE, lake_entry
from amml_runtime.spec import Plan

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Deployed:
    """A workflow as the control API has it.

    Parameters:
        name, text, plan, run, version: what was deployed last, and as what.
        desired: `running`, `stopped` or `removed`.
        state: what the supervisor reported last, such as `running` or `completed`.
        settings: the settings it was planned with.
    """

    name: str
    text: str
    plan: Plan
    run: int
    version: int
    desired: str = "running"
    state: str = ""
    settings: Document = field(default_factory=dict[str, Any])

    @property
    def gone(self) -> bool:
        """Whether it is being undeployed."""
        return self.desired == "removed"


@dataclass(frozen=True)
class Wanted:
    """The names a workflow uses, each kind in the order of the text."""

    sources: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    workflows: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The world, as far as one workflow names it.

    Parameters:
        sources: the entry of each source that exists.
        models: the document of each model version, under `model:version`.
        runs: the newest completed run, or the alias's, under `model:version`.
        workflows: those deployed.
        last_runs: for those that were undeployed, the number of their last run.
        topics: how many partitions each named topic has.
        known: of each kind, the names there are; filled where a name was not found.
    """

    sources: Mapping[str, Document] = field(default_factory=dict[str, Document])
    models: Mapping[str, Document] = field(default_factory=dict[str, Document])
    runs: Mapping[str, Document] = field(default_factory=dict[str, Document])
    workflows: Mapping[str, Deployed] = field(default_factory=dict[str, Deployed])
    last_runs: Mapping[str, int] = field(default_factory=dict[str, int])
    topics: Mapping[str, int] = field(default_factory=dict[str, int])
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


PartitionsOf: TypeAlias = Callable[[Iterable[str]], Mapping[str, int]]


def no_topics(names: Iterable[str]) -> Mapping[str, int]:
    """Without a broker no topic's partitions are known."""
    return {}


def fetch(control: Control, wanted: Wanted, partitions_of: PartitionsOf = no_topics) -> Catalogue:
    """All that exists of what is wanted.

    Parameters:
        control: the control API.
        wanted: the names that the workflow uses, its own among the workflows.
        partitions_of: how many partitions each of some topics has, asked of the broker.
    Errors: ControlDown.
    """
    sources = {n: d for n in wanted.sources if (d := _source(control, n))}
    topics = [*wanted.topics, *(topic for each in sources.values() for topic in _topics(each))]
    references = {f"{m}:{v}": (m, v) for m, v in wanted.models}
    models = {
        reference: document
        for reference, (model, version) in references.items()
        if (document := control.find(f"/models/{model}/versions/{version}"))
    }
    runs = {
        reference: document
        for reference, (model, ref) in references.items()
        if (document := control.find(f"/models/{model}/resolve/{ref}"))
    }
    found = {n: d for n in wanted.workflows if (d := control.find(f"/workflows/{n}"))}
    absent = (name for name in wanted.workflows if name not in found)
    ended = {n: d["last_run"] for n in absent if (d := control.find(f"/workflows/{n}/versions"))}
    return Catalogue(
        sources=sources,
        models=models,
        runs=runs,
        workflows={name: deployed(document) for name, document in found.items()},
        last_runs=ended,
        topics=partitions_of(topics) if topics else {},
        known=_known(control, wanted, sources, {**models, **runs}),
    )


def _source(control: Control, name: str) -> Document | None:
    """An entry of the source catalogue, or what a data set of the lake is as one."""
    if not name.startswith(LAKE):
        return control.find(f"/sources/{name}")
    dataset = name.removeprefix(LAKE)
    found = control.find(f"/datasets/{dataset}")
    return None if found is None else lake_entry(dataset, found["document"])


def _topics(entry: Document) -> list[str]:
    """The topics that a source may be read from."""
    return [entry["topic"]] if entry["kind"] == "topic" else list(entry.get("topics", ()))


def deployed(document: Document) -> Deployed:
    """A workflow's document of the control API; a report on an older version says nothing."""
    status = document.get("status") or {}
    current = status.get("version") == document["version"]
    return Deployed(
        name=document["name"],
        text=document["text"],
        plan=Plan.from_json(document["plan"]),
        run=document["run"],
        version=document["version"],
        desired=document["desired"],
        state=status.get("state", "") if current else "",
        settings=document.get("settings") or {},
    )


def _known(
    control: Control, wanted: Wanted, sources: Mapping[str, Any], models: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """What exists of the kinds of which a name is missing, for the suggestion."""
    known: dict[str, tuple[str, ...]] = {}
    if missing := set(wanted.sources) - set(sources):
        known["source"] = tuple(each["name"] for each in control.get("/sources"))
        if any(name.startswith(LAKE) for name in missing):
            known["source"] += tuple(LAKE + each["name"] for each in control.get("/datasets"))
    if {f"{m}:{v}" for m, v in wanted.models} - set(models):
        known["model"] = tuple(
            f"{each['name']}:{word}"
            for each in control.get("/models")
            for word in (*each["versions"], *each["aliases"])
        )
    return known
