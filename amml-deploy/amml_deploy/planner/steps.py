"""One step of the text becomes one specification, or two where a scaler has to be fitted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from amml_deploy.catalogue import Catalogue
from amml_deploy.errors import UserError
from amml_deploy.names import check_foreign_topic
from amml_deploy.planner.faults import suggestion
from amml_deploy.planner.graph import Graph
from amml_deploy.planner.growing import let_grow
from amml_deploy.planner.identity import identity
from amml_deploy.planner.instances import mode_of, reads_topic
from amml_deploy.planner.scaling import Scaling
from amml_deploy.planner.settings import Settings
from amml_deploy.planner.wiring import TABLE, Event, Node
from amml_runtime.component import AbstractComponent, AbstractEgress, AbstractIngress
from amml_runtime.spec import InputSpec, OutputSpec, StepSpec


@dataclass(frozen=True)
class Stage:
    """A node with all that was found out about it."""

    node: Node
    component: Any  # an instance
    resources: Mapping[str, Any]
    scaling: Scaling | None = None


@dataclass(frozen=True)
class Assembly:
    """Turns the stages of one workflow, from the sources on, into specifications."""

    graph: Graph
    catalogue: Catalogue
    settings: Settings
    run: int

    def steps(self, stages: list[Stage]) -> list[StepSpec]:
        """The specifications, each after those it reads."""
        made: dict[int, StepSpec] = {}
        found: list[StepSpec] = []
        for stage in stages:
            step = self._main(stage, made)
            if stage.scaling is not None and stage.scaling.fits:
                fit = self._fit(stage, step)
                found.append(fit)
                step = replace(step, inputs=(*step.inputs, _fitted(fit)))
            made[stage.node.number] = step
            found.append(step)
        return let_grow(found)

    def _main(self, stage: Stage, made: Mapping[int, StepSpec]) -> StepSpec:
        node, component = stage.node, stage.component
        kind: type[AbstractComponent] = type(component)
        options = dict(self.settings.options.get(node.label, {}))
        slots, start = options.pop("count", 1), options.pop("from", None)
        step = StepSpec(
            prefix=self.settings.prefix,
            workflow=self.settings.workflow,
            run=self.run,
            label=node.label,
            mode=mode_of(component, self.settings.prefix),
            component=node.reference,
            identity=identity(node.reference, kind.state_version, node.arguments, stage.resources),
            arguments=dict(node.arguments),
            resources=dict(stage.resources),
            options=options,
            inputs=tuple(self._inputs(stage, made, start)),
            partitions=self.settings.partitions,
            slots=slots,
            bounded=self._ends(stage, made),
            state_version=kind.state_version,
        )
        self._check(stage, step, start)
        return replace(step, output=self._output(step, component))

    def _fit(self, stage: Stage, main: StepSpec) -> StepSpec:
        """The pass over the same input that finds the parameters."""
        assert stage.scaling is not None
        rows = main.arguments.get("fit")
        resources = {**main.resources, **stage.scaling.until}
        fit = replace(
            main,
            label=f"{main.label}.fit",
            mode="fit",
            identity=identity(main.component, main.state_version, main.arguments, resources),
            resources=resources,
            options={"fit_rows": rows} if isinstance(rows, int) else {},
            slots=1,
        )
        return replace(fit, output=OutputSpec(fit.name))

    def _inputs(
        self, stage: Stage, made: Mapping[int, StepSpec], start: Any
    ) -> Iterator[InputSpec]:
        for at, number in enumerate(stage.node.inputs):
            beside = stage.component.joins and at > 0
            yield replace(_reading(made[number]), kind="side" if beside else "main")
        if isinstance(stage.component, AbstractIngress):
            if reads_topic(stage.component):
                yield self._from_topic(stage, start)
            elif stage.node.arguments.get("then"):
                yield from self._after_history(stage)
            return
        for event in stage.node.events:
            table = event.parameter == TABLE
            reading = self._event(stage.node, event, made)
            yield replace(reading, kind="table" if table else "event")

    def _event(self, node: Node, event: Event, made: Mapping[int, StepSpec]) -> InputSpec:
        if not isinstance(event.step, int):
            return self._tapped(node, *event.step, start=None)
        step = made[event.step]
        if event.parameter == TABLE and not step.bounded:
            help = "flows that go on are set side by side by `join within=...`"
            raise self.graph.fault(node, "a table has to end, and this source does not", help)
        if step.output is None or step.output.topic != step.name:
            help = "name the step before it"
            raise self.graph.fault(node, f"`{step.label}` has no rows that a step could read", help)
        return _reading(step)

    def _from_topic(self, stage: Stage, start: Any) -> InputSpec:
        node = stage.node
        for event in node.events:
            if isinstance(event.step, int):
                help = "within one workflow use `split`"
                raise self.graph.fault(node, f"`{node.word}` reads another workflow's step", help)
            return self._tapped(node, *event.step, start=start)
        entry = stage.resources.get("entry")
        name = str(entry["topic"] if entry else node.arguments["name"])
        try:
            check_foreign_topic(name, self.settings.prefix)
        except UserError as error:
            raise self.graph.fault(node, str(error)) from error
        if name not in self.catalogue.topics:
            help = "make it first, or look at `amml topics`"
            raise self.graph.fault(node, f"there is no topic `{name}`", help)
        if not self._may_have_grown(name, self.catalogue.topics[name]):
            self._check_partitions(node, name, self.catalogue.topics[name])
        return InputSpec(
            name,
            name,
            format="connect" if entry and entry.get("format") == "connect" else "json",
            partitions=self.settings.partitions,
            start=start or "now",
            foreign=True,
        )

    def _after_history(self, stage: Stage) -> list[InputSpec]:
        """The topics that a data set is written from: live rows, after those of the lake."""
        name = str(stage.node.arguments["id"])
        topics = self.catalogue.sources[name]["topics"]
        there = [each for each in topics if each in self.catalogue.topics]
        if not there:
            help = "deploy again what writes it, or leave `then` out"
            gone = f", {' and '.join(topics)} has gone" if topics else ""
            raise self.graph.fault(
                stage.node, f"`{name}` has no topic that it could go on with{gone}", help
            )
        return [
            InputSpec(each, each, partitions=self.catalogue.topics[each], foreign=True)
            for each in there
        ]

    def _tapped(self, node: Node, workflow: str, label: str, start: Any) -> InputSpec:
        """A step of another workflow, in its run of today."""
        deployed = self.catalogue.workflows.get(workflow)
        if deployed is None:
            raise self.graph.fault(node, f"no workflow `{workflow}`", "`amml list` shows them")
        readable = {s.label: s for s in deployed.plan.steps if _is_readable(s)}
        if label not in readable:
            help = suggestion(label, readable)
            raise self.graph.fault(node, f"no step `{label}` to read in `{workflow}`", help)
        known = "start" if deployed.plan.bounded else "now"
        reading = _reading(readable[label])
        self._check_partitions(node, f"{workflow}.{label}", reading.partitions)
        return replace(
            reading, label=f"{workflow}.{label}", writers=1, start=start or known, foreign=True
        )

    def _check_partitions(self, node: Node, topic: str, found: int) -> None:
        """A task reads one partition of each topic, so their numbers have to be the same."""
        wanted = self.settings.partitions
        if found != wanted:
            message = f"`{topic}` has {found} partitions, and the workflow {wanted}"
            help = f"deploy it with `--partitions {found}`"
            if self._read_before(topic):
                message += ": its keys have moved, and with them what later steps know of a key"
                help += " and `--fresh`"
            raise self.graph.fault(node, message, help)

    def _may_have_grown(self, topic: str, found: int) -> bool:
        """Whether the workflow runs on that topic already, and only shares out its partitions."""
        before = self._read_before(topic)
        return bool(before and before.grows and found > before.partitions)

    def _read_before(self, topic: str) -> InputSpec | None:
        """How the workflow reads the topic by now, with as many partitions as it is to have."""
        old = self.catalogue.workflows.get(self.settings.workflow)
        if old is None or old.gone:
            return None
        inputs = (each for step in old.plan.steps for each in step.inputs)
        wanted = self.settings.partitions
        return next((i for i in inputs if i.topic == topic and i.partitions == wanted), None)

    def _ends(self, stage: Stage, made: Mapping[int, StepSpec]) -> bool:
        if isinstance(stage.component, AbstractIngress):
            return stage.component.ends()
        return all(made[number].bounded for number in stage.node.inputs)

    def _output(self, step: StepSpec, component: Any) -> OutputSpec | None:
        if step.mode == "write":
            return None
        named = component.topic(step.prefix) if isinstance(component, AbstractEgress) else None
        if named is None:
            return OutputSpec(step.name, partitions=step.partitions, rekeyed=component.rekeys)
        ours = named.startswith(f"{step.prefix}.")
        known = self.catalogue.topics.get(named, 1 if ours else step.partitions)
        return OutputSpec(named, "json", known, rekeyed=True)

    def _check(self, stage: Stage, step: StepSpec, start: Any) -> None:
        node, fault = stage.node, self.graph.fault
        if step.slots > step.tasks:
            most = f"of {step.tasks} partition{'s' * (step.tasks > 1)}"
            if step.mode not in ("process", "write"):
                most = f"as `{node.word}` is one process"
            help = "" if step.tasks == 1 and step.mode == "read" else "see `--partitions`"
            raise fault(node, f"`{node.label}` has {step.slots} processes, too many {most}", help)
        if start is not None and not (step.inputs and step.inputs[0].foreign):
            raise fault(node, f"`--set {node.label}.from` is for named topics and taps")
        if step.mode == "train" and not step.bounded:
            help = "such as a file, or `normalsource rows=1000`"
            raise fault(node, f"`{node.word}` needs an input that ends", help)


def _is_readable(step: StepSpec) -> bool:
    """Whether its rows are in a topic of its own."""
    own = step.output is not None and step.output.topic == step.name
    return own and step.mode != "fit"


def _reading(step: StepSpec) -> InputSpec:
    """How another step reads this one's rows."""
    assert step.output is not None
    writers = step.tasks if step.output.rekeyed else 1
    return InputSpec(
        step.output.topic, step.label, partitions=step.output.partitions, writers=writers
    )


def _fitted(fit: StepSpec) -> InputSpec:
    assert fit.output is not None
    return InputSpec(fit.output.topic, fit.label, kind="fit")
