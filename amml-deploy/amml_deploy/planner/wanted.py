"""Which names of the catalogue a text uses, so that only those are fetched."""

from collections.abc import Iterable, Iterator

from amml_deploy.catalogue import Wanted
from amml_deploy.errors import UserError
from amml_deploy.names import check, split_model
from amml_deploy.planner.instances import names_topic
from amml_deploy.planner.wiring import Node, fold
from amml_deploy.sources.lake_entry import LAKE
from amml_language.program import Program
from amml_runtime.declaration import needs_of
from amml_runtime.registry import load


def wanted(program: Program, workflow: str) -> Wanted:
    """The sources, models, workflows and topics of a program, its own workflow among them.

    A name that cannot be one is left out: the planner has the caret to say so.
    """
    nodes = fold(program)
    return Wanted(
        sources=_each(name for node in nodes for name in _source(node)),
        models=_models(nodes),
        workflows=_each([workflow, *(name for node in nodes for name in _workflows(node))]),
        topics=_each(name for node in nodes for name in _topic(node)),
    )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _source(node: Node) -> Iterator[str]:
    if "entry" in needs_of(load(node.reference)).values():
        name = str(node.arguments["id"])
        dataset = name.removeprefix(LAKE)
        if dataset == name:
            yield from _proper("source", name)
        else:
            yield from (LAKE + each for each in _proper("dataset", dataset))


def _models(nodes: Iterable[Node]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for node in nodes:
        reference = node.arguments.get("model")
        if isinstance(reference, str):
            try:
                found[split_model(reference)] = None
            except UserError:
                continue
    return tuple(found)


def _workflows(node: Node) -> Iterator[str]:
    return (event.step[0] for event in node.events if not isinstance(event.step, int))


def _topic(node: Node) -> Iterator[str]:
    if names_topic(load(node.reference)):
        yield from _proper("topic", str(node.arguments.get("name", "")))


def _proper(kind: str, name: str) -> Iterator[str]:
    try:
        yield check(kind, name)
    except UserError:
        return
