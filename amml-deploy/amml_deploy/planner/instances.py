"""Components constructed at plan time: arguments checked, nothing of the world touched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from amml_deploy.catalogue import Catalogue
from amml_deploy.planner.graph import Graph
from amml_deploy.planner.resources import Resources, is_trainer
from amml_deploy.planner.wiring import Node
from amml_runtime.component import AbstractComponent, AbstractEgress, AbstractIngress
from amml_runtime.declaration import construct, needs_of
from amml_runtime.spec import Mode


class NotAtPlanTime(Exception):
    """A component asked for something that only a running step has."""


class NoFiles:
    """The door to files, closed while planning."""

    def fetch(self, sha256: str) -> Path:
        """Not now."""
        raise NotAtPlanTime(sha256)


@dataclass(frozen=True)
class KnownModels:
    """The door to models, as far as the catalogue knows them."""

    catalogue: Catalogue

    def run(self, model: str, version: str, run: str) -> dict[str, Any]:
        """The document of a run that the workflow names."""
        for document in self.catalogue.runs.values():
            if (document["model"], document["version"], document["run"]) == (model, version, run):
                return dict(document)
        raise NotAtPlanTime(run)

    def artefact(self, model: str, version: str, run: str, file: str) -> bytes:
        """Not now."""
        raise NotAtPlanTime(file)


class NoOut:
    """Standard output, closed while planning."""

    def write(self, text: str) -> NoReturn:
        """Not now."""
        raise NotAtPlanTime(text)

    def flush(self) -> NoReturn:
        """Not now."""
        raise NotAtPlanTime


def instance(
    node: Node, graph: Graph, resources: Resources, found: dict[str, Any], prefix: str
) -> Any:
    """The node's component, with what was found for it as its doors.

    Errors: PlanFault, the component refuses its arguments, or may not write its topic.
    """
    doors = {
        "files": NoFiles(),
        "models": KnownModels(resources.catalogue),
        "out": NoOut(),
        "step": {},
        "datasets": None,
        **found,
    }
    kind = resources.component(node)
    clients = {need: None for need in needs_of(kind).values() if ":" in need}
    try:
        component = construct(kind, node.arguments, {**clients, **doors})
        if isinstance(component, AbstractEgress):
            component.topic(prefix)
        return component
    except ValueError as error:
        raise graph.fault(node, str(error)) from error


def mode_of(component: Any, prefix: str) -> Mode:
    """How the runtime has to run an instance."""
    if is_trainer(type(component)):
        return "train"
    if isinstance(component, AbstractIngress):
        return "process" if reads_topic(component) else "read"
    if isinstance(component, AbstractEgress) and component.topic(prefix) is None:
        return "write"
    return "process"


def names_topic(component: type[AbstractComponent]) -> bool:
    """Whether its argument `name` is a topic of Kafka's."""
    if issubclass(component, AbstractIngress):
        return component.read is AbstractIngress.read
    return issubclass(component, AbstractEgress) and component.topic is not AbstractEgress.topic


def reads_topic(component: AbstractIngress) -> bool:
    """Whether its rows come from a topic, instead of by `read`."""
    entry = getattr(component, "entry", None)
    if entry is not None:
        return entry["kind"] == "topic"
    return type(component).read is AbstractIngress.read
