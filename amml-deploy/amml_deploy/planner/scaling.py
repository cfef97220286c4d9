"""Where a scaler's parameters come from: its arguments, a model's, or a pass over its input.

They are constant within a run, so every row of a topic means the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from amml_deploy.planner.graph import Graph
from amml_deploy.planner.resources import Resources, is_predictor, is_trainer
from amml_deploy.planner.wiring import Node

HOLDOUT = 0.2  # of a definition that names none
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scaling:
    """What was decided for one scaler.

    Parameters:
        params: the parameters, where the planner knows them.
        fits: whether a step of its own has to find them.
        until: for that step, what it may not look beyond (a trainer's hold-out).
        note: what a person should know of it.
    """

    params: Mapping[str, Any] | None = None
    fits: bool = False
    until: Mapping[str, Any] = field(default_factory=dict[str, Any])
    note: str = ""


def decide(node: Node, instance: Any, graph: Graph, resources: Resources) -> Scaling:
    """Find the parameters of one component that has `fit`.

    Errors: PlanFault, two models ask for different ones, or the model has none for it.
    """
    given = instance.given()
    if given is not None:
        return Scaling(given)
    source = _model_of(node, graph, resources)
    if source is not None:
        run = resources.run(source)
        params = instance.stored(run["signature"])
        named = f"{run['model']}:{run['version']} (run {run['run']})"
        if params is not None:
            params = {**params, "run": run["run"]}
            return Scaling(params, note=f"{node.label}: parameters of {named}")
        if source is node:
            message = f"the model {named} holds no parameters for `{node.word}`"
            raise graph.fault(node, message)
    return _fitted(node, graph, resources)


def _model_of(node: Node, graph: Graph, resources: Resources) -> Node | None:
    """The step whose model gives the parameters: itself, or the predictor it feeds."""
    if node.arguments.get("model") is not None:
        return node
    if node.arguments.get("fit", "auto") != "auto":
        return None
    below = [n for n in graph.downstream(node) if is_predictor(resources.component(n))]
    runs = {resources.run(each)["run"] for each in below}
    if len(runs) > 1:
        models = " and ".join(dict.fromkeys(str(each.arguments["model"]) for each in below))
        help = 'say which: `model="..."`, or give each its own'
        raise graph.fault(node, f"`{node.label}` scales for two models, {models}", help)
    return below[0] if below else None


def _fitted(node: Node, graph: Graph, resources: Resources) -> Scaling:
    trainers = [n for n in graph.downstream(node) if is_trainer(resources.component(n))]
    if not trainers:
        return Scaling(fits=True, note=f"{node.label}: fitted on its own input")
    holdout = max(
        float(resources.train_settings(each).get("holdout", HOLDOUT)) for each in trainers
    )
    share = f"the first {100 * (1 - holdout):g} %"
    entries = [resources.of(n).get("entry") for n in graph.upstream(node) if not n.inputs]
    cut = _cut(entries, holdout)
    if cut is not None:
        before = cut.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        note = f"{node.label}: fitted on the rows before {before}, {share} of the time"
        return Scaling(
            fits=True, until={"until": (cut - _EPOCH) // timedelta(microseconds=1)}, note=note
        )
    rows = entries[0].get("rows") if len(entries) == 1 and entries[0] else None
    if rows is not None:
        note = f"{node.label}: fitted on {share} of the rows, as the source has no times"
        return Scaling(fits=True, until={"until_rows": round(rows * (1 - holdout))}, note=note)
    note = f"{node.label}: fitted on all rows, the hold-out's too: the source's extent is unknown"
    return Scaling(fits=True, note=note)


def _cut(entries: list[Any], holdout: float) -> datetime | None:
    """Where the hold-out begins; None if the time range of a source is unknown."""
    if not entries or not all(entry and entry.get("first") for entry in entries):
        return None
    first = min(datetime.fromisoformat(entry["first"]) for entry in entries)
    last = max(datetime.fromisoformat(entry["last"]) for entry in entries)
    whole: timedelta = last - first
    return (first + whole * (1 - holdout)).astimezone(UTC)
