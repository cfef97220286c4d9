"""From bytecode to a plan: a pure function of workflow, catalogue and settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from amml_deploy.catalogue import Catalogue, Deployed
from amml_deploy.errors import UserError
from amml_deploy.planner import columns
from amml_deploy.planner.diff import changed_table, same_plan, same_step, shape_change
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.fuse import fuse, savings
from amml_deploy.planner.graph import Graph
from amml_deploy.planner.instances import instance
from amml_deploy.planner.labels import align
from amml_deploy.planner.resources import Resources, is_fitter, lasting
from amml_deploy.planner.scaling import decide
from amml_deploy.planner.settings import Settings
from amml_deploy.planner.steps import Assembly, Stage
from amml_deploy.planner.timing import let_tell_time
from amml_deploy.planner.topics import topics_of
from amml_deploy.planner.wiring import Node, fold
from amml_language.program import Program
from amml_runtime.component import AbstractEgress, AbstractIngress
from amml_runtime.spec import Plan, StepSpec


def plan(program: Program, catalogue: Catalogue, settings: Settings) -> Plan:
    """All that carries out a workflow, in the run it belongs to.

    A bounded workflow that changed is a new run, an unbounded one goes on in its own.

    Errors: UserError, the workflow cannot run as it is written, or the change cannot be made.
    """
    old = catalogue.workflows.get(settings.workflow)
    old_steps = old.plan.steps if old else ()
    graph = Graph(tuple(align(fold(program), old_steps)), program.text)
    stages = _stages(graph, Resources(graph, catalogue), settings.prefix)
    _check_options(graph, settings)
    columns.check(graph, stages)
    if old is None or old.gone:
        last = catalogue.last_runs.get(settings.workflow, 0)
        return _in_run(max(last, old.run if old else 0) + 1, graph, stages, catalogue, settings)
    return _update(old, graph, stages, catalogue, settings)


def _update(
    old: Deployed, graph: Graph, stages: list[Stage], catalogue: Catalogue, settings: Settings
) -> Plan:
    same_run = _in_run(old.run, graph, stages, catalogue, settings)
    kept = {step.label: step for step in old.plan.steps}
    # What means the same stays as it is, to the letter, so that nothing takes it for a change.
    steps = tuple(
        kept[s.label] if s.label in kept and same_step(kept[s.label], s) else s
        for s in same_run.steps
    )
    same_run = replace(same_run, steps=steps)
    changed = not same_plan(old.plan, same_run)
    other_kind = old.plan.bounded != same_run.bounded
    if settings.new_run or other_kind or (changed and same_run.bounded):
        return _in_run(old.run + 1, graph, stages, catalogue, settings)
    if (table := changed_table(old.plan, same_run)) is not None:
        raise UserError(
            f"the table that `{table}` looks rows up in has changed, and `{settings.workflow}` has "
            "read it: start a new run with `--fresh`"
        )
    if change := shape_change(old.plan, same_run):
        raise UserError(
            f"`{settings.workflow}` is running, and {change}. Only changed arguments can be taken "
            f"over so far, other moves come later: start a new run with `--fresh`, "
            f"or `amml undeploy {settings.workflow}` first"
        )
    return same_run


def _in_run(
    run: int, graph: Graph, stages: list[Stage], catalogue: Catalogue, settings: Settings
) -> Plan:
    apart = Assembly(graph, catalogue, settings, run).steps(stages)
    steps = let_tell_time(fuse(apart) if settings.fuse else apart)
    bounded = all(step.bounded for step in steps)
    notes = [s.scaling.note for s in stages if s.scaling and s.scaling.note]
    return Plan(
        prefix=settings.prefix,
        workflow=settings.workflow,
        run=run,
        bounded=bounded,
        text=graph.text,
        steps=tuple(steps),
        topics=tuple(topics_of(steps, settings, bounded)),
        sources=_each(str(each["name"]) for s in apart if (each := _catalogued(s))),
        models=_each(_model(s) for s in apart if "model" in s.resources),
        notes=(*notes, *savings(steps)),
        guarantees=tuple(
            f"{each.node.label}: {each.component.guarantee()}"
            for each in stages
            if isinstance(each.component, AbstractIngress | AbstractEgress)
        ),
    )


def _stages(graph: Graph, resources: Resources, prefix: str) -> list[Stage]:
    return [_stage(node, graph, resources, prefix) for node in graph.in_order]


def _stage(node: Node, graph: Graph, resources: Resources, prefix: str) -> Stage:
    found = resources.of(node)
    component = instance(node, graph, resources, found, prefix)
    if not is_fitter(type(component)):
        return Stage(node, component, lasting(found))
    scaling = decide(node, component, graph, resources)
    if scaling.params is not None:
        found["params"] = dict(scaling.params)
    return Stage(node, component, found, scaling)


def _check_options(graph: Graph, settings: Settings) -> None:
    labels = [node.label for node in graph.nodes]
    for label in settings.options:
        if label not in labels:
            raise UserError(f"--set {label}: no step `{label}`; {suggestion(label, labels)}")


def _catalogued(step: StepSpec) -> Mapping[str, Any] | None:
    """The entry of the source catalogue that a step reads; a data set of the lake has none."""
    entry = step.resources.get("entry")
    return None if entry is None or entry["kind"] == "lake" else entry


def _each(names: "object") -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))  # type: ignore[arg-type]


def _model(step: StepSpec) -> str:
    """As the control API guards it: a version, or one run of it."""
    model = step.resources["model"]
    version = f"{model['model']}:{model['version']}"
    return f"{version}/{model['run']}" if "run" in model else version
