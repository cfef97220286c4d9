"""What a step needs from the catalogue: a source's entry, a model's definition or run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amml_deploy.catalogue import Catalogue, Document
from amml_deploy.errors import UserError
from amml_deploy.names import split_model
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.graph import Graph
from amml_deploy.planner.wiring import Node
from amml_deploy.sources.lake_entry import LAKE, within
from amml_runtime.component import AbstractComponent
from amml_runtime.declaration import needs_of
from amml_runtime.registry import load

_UNKNOWN_TO_A_STEP = ("created", "updated")  # of an entry: it would change the step's identity
_GROWS = ("rows", "first", "last", "topics")  # of a data set's, so these would, too


def lasting(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a step is told of what was found: not what changes with every row of a data set."""
    entry = found.get("entry")
    if entry is None or entry["kind"] != "lake":
        return dict(found)
    return {**found, "entry": {k: v for k, v in entry.items() if k not in _GROWS}}


def is_trainer(component: type[AbstractComponent]) -> bool:
    """Whether it trains a model."""
    return hasattr(component, "train")


def is_fitter(component: type[AbstractComponent]) -> bool:
    """Whether its parameters may come from a pass over its input."""
    return hasattr(component, "fit")


def is_predictor(component: type[AbstractComponent]) -> bool:
    """Whether it runs a trained model."""
    return "models" in needs_of(component).values() and not is_trainer(component)


@dataclass(frozen=True)
class Resources:
    """What the catalogue has for the steps of one workflow.

    Errors: PlanFault, a source or model that is not there, or has not been trained.
    """

    graph: Graph
    catalogue: Catalogue
    _classes: dict[str, type[AbstractComponent]] = field(
        default_factory=dict[str, type[AbstractComponent]]
    )

    def component(self, node: Node) -> type[AbstractComponent]:
        """The node's class."""
        if node.reference not in self._classes:
            self._classes[node.reference] = load(node.reference)
        return self._classes[node.reference]

    def of(self, node: Node) -> dict[str, Any]:
        """The doors that the node needs and the catalogue can open."""
        component = self.component(node)
        found: dict[str, Any] = {}
        if "entry" in needs_of(component).values():
            found["entry"] = self._entry(node)
        if is_trainer(component):
            if history := self._history(node):
                found["lake"] = history
            version = self._version(node)
            found["definition"] = version["document"]
            found["model"] = {key: version[key] for key in ("model", "version")}
        if is_predictor(component):
            run = self.run(node)
            found["model"] = {key: run[key] for key in ("model", "version", "run", "signature")}
        return found

    def run(self, node: Node) -> Document:
        """The model run that the node's `model` stands for."""
        reference = self._reference(node)
        if reference in self.catalogue.runs:
            return self.catalogue.runs[reference]
        if reference in self.catalogue.models:
            help = f'train it first: `... | train_lstm model="{reference}" | print`'
            raise self.graph.fault(node, f"the model `{reference}` has no completed run", help)
        raise self._unknown_model(node, reference)

    def train_settings(self, node: Node) -> Mapping[str, Any]:
        """The `train` block of a trainer's model."""
        return self._version(node)["document"]["train"]

    def _version(self, node: Node) -> Document:
        reference = self._reference(node)
        if reference not in self.catalogue.models:
            raise self._unknown_model(node, reference)
        return self.catalogue.models[reference]

    def _entry(self, node: Node) -> dict[str, Any]:
        name = str(node.arguments["id"])
        entry = self.catalogue.sources.get(name)
        if entry is None:
            known = self.catalogue.known.get("source", ())
            adding = "`... | to_lake name=...` makes it, `amml datasets` shows those there are"
            adding = adding if name.startswith(LAKE) else f"add it: `amml source add {name} ...`"
            raise self.graph.fault(node, f"no source `{name}`", suggestion(name, known) or adding)
        kept = {key: value for key, value in entry.items() if key not in _UNKNOWN_TO_A_STEP}
        if entry["kind"] == "lake":  # the files that a model is trained on are kept as long as it
            kept = within(kept, node.arguments)
            kept["trains"] = any(is_trainer(self.component(n)) for n in self.graph.downstream(node))
        return kept

    def _history(self, trainer: Node) -> list[dict[str, Any]]:
        """The data sets of the lake that a trainer's rows come from, for its provenance."""
        sources = [each for each in self.graph.upstream(trainer) if not each.inputs]
        return [
            {
                "dataset": str(each.arguments["id"]).removeprefix(LAKE),
                "step": each.label,
                "from": each.arguments.get("from", ""),
                "to": each.arguments.get("to", ""),
            }
            for each in sources
            if str(each.arguments.get("id", "")).startswith(LAKE)
        ]

    def _reference(self, node: Node) -> str:
        reference = str(node.arguments["model"])
        try:
            split_model(reference)
        except UserError as error:
            raise self.graph.fault(node, str(error)) from error
        return reference

    def _unknown_model(self, node: Node, reference: str) -> Exception:
        known = self.catalogue.known.get("model", ())
        help = suggestion(reference, known) or f"add it: `amml model add {reference} FILE`"
        return self.graph.fault(node, f"no model `{reference}`", help)
