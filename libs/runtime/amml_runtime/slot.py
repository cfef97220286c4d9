"""One process of a step: its tasks in threads, until they end, fail or are told to stop."""

import math
import sys
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from amml_language.diagnostics import LanguageError
from amml_runtime import changelog, memory, replays
from amml_runtime.chunk import Input
from amml_runtime.component import AbstractEgress, Params
from amml_runtime.connections import Connections
from amml_runtime.declaration import construct, needs_of
from amml_runtime.delivery import Delivery, Notes
from amml_runtime.errors import StepError
from amml_runtime.failpoint import FailPoint
from amml_runtime.fit import run_fit, wait_for_params
from amml_runtime.fused import Doing, Fused
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.metrics import Metrics
from amml_runtime.mirror import Mirror
from amml_runtime.output import Output
from amml_runtime.registry import load
from amml_runtime.secrets import Secrets
from amml_runtime.settings import Settings
from amml_runtime.source_input import SourceInput
from amml_runtime.spec import Stage, StepSpec
from amml_runtime.state import State
from amml_runtime.state_kind import state_kind
from amml_runtime.step import Step
from amml_runtime.task import Task
from amml_runtime.then_input import ThenInput


@dataclass(frozen=True)
class Exit:
    """How a process ends: 0 completed or stopped, 1 crashed, 2 the workflow's fault, 3 fenced.

    `samples` are its last figures: once it has ended nobody can ask it.
    """

    code: int
    reason: str
    samples: Mapping[str, float] = field(default_factory=dict[str, float])


PATIENCE_SECONDS = 10.0


class Slot:
    """The tasks of one process."""

    def __init__(
        self,
        spec: StepSpec,
        settings: Settings,
        stop: Event,
    ) -> None:
        self._spec = spec
        self._settings = settings
        self._fail_point = FailPoint(settings.fail_point)
        self._stop = stop
        self._failed: list[Exit] = []
        self._completed = 0
        self._tasks = self._settled = 0
        self._lock = threading.Lock()
        self.metrics = Metrics()
        self.metrics.tell_of(spec, settings.slot)

    def run(self, tasks: Mapping[str, "Future[Connections]"]) -> Exit:
        """Run the tasks to their end, or until told to stop; the first failure stops all."""
        self._tasks = len(tasks)
        threads = [
            threading.Thread(target=self._guarded, args=(task, made), name=f"task-{task}")
            for task, made in tasks.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failed:
            return self._failed[0]
        return Exit(0, "completed" if self._completed == len(tasks) else "stopped")

    def _guarded(self, task: str, made: "Future[Connections]") -> None:
        try:
            with closing(made.result()) as connections:
                completed = self._run_task(task, connections)
                with self._lock:  # and not `+=` above: it would read the sum before the task runs
                    self._completed += completed
        except StepError as error:
            self._fail(Exit(error.exit_code, str(error)))
        except LanguageError as error:
            self._fail(Exit(2, str(error)))
        except BaseException as error:  # a component may call exit(): that is no end of its input
            traceback.print_exc()
            self._fail(Exit(1, f"{type(error).__name__}: {error}"))

    def _fail(self, exit: Exit) -> None:
        self._failed.append(exit)
        self._stop.set()

    def _run_task(self, task: str, made: Connections) -> bool:
        """Run a task; whether it came to the end of its input."""
        components = [self._constructed(stage) for stage in self._spec.stages]
        component = components[-1]
        match self._spec.mode:
            case "fit":
                self._ready()
                return run_fit(self._spec, component, made, self._stop)
            case "train":
                from amml_runtime.training import Training

                control = self._door("models", {})
                training = Training(
                    self._spec, component, made, control, self.metrics, self._fail_point
                )
                self._ready()
                return training.run(self._stop)
            case _:
                return self._run_loop(int(task), components, made)

    def _run_loop(self, partition: int, components: list[Any], made: Connections) -> bool:
        if isinstance(components[-1], AbstractEgress) and components[-1].keeps:
            return self._deliver(partition, components[-1], made)
        spec = self._spec
        assert spec.changelog is not None, spec.label
        kept_book, kept_state = changelog.restore(made.restorer, spec.changelog, partition)
        book, state = State(kept_book), State(kept_state)
        _drop_foreign(spec, book, state)
        state.lateness = round(spec.options.get("lateness", 0) * 1e6)
        input = self._input(partition, components[0], made, book)
        task = Task(
            spec,
            partition,
            input=input,
            output=Output(spec, partition, book),
            made=made,
            book=book,
            state=state,
            metrics=self.metrics,
            fail_point=self._fail_point,
            mirror=Mirror(input, made, self.metrics),
        )
        task.settle()
        self._ready()
        params = self._params(made)
        if params is None:
            return False
        *others, state.params = params
        step = self._step(components, [*(State(None, each) for each in others), state])
        return task.run(step, self._stop)

    def _deliver(self, partition: int, egress: AbstractEgress, made: Connections) -> bool:
        spec = self._spec
        assert spec.changelog is not None, spec.label
        kept, _ = changelog.restore(made.restorer, spec.changelog, partition)
        notes = Notes(spec, partition, made, kept)
        book = notes.resumed(egress)
        _drop_foreign(spec, book, State())
        main = [(each, partition) for each in spec.inputs if each.kind == "main"]
        input = KafkaInput(
            made.consumer, main + replays.inputs_of(spec, partition, made.consumer), book
        )
        notes.begin(book)
        self._ready()
        delivery = Delivery(
            egress,
            input=input,
            output=Output(spec, partition, book),
            made=made,
            notes=notes,
            book=book,
            metrics=self.metrics,
            mirror=Mirror(input, made, self.metrics),
        )
        return delivery.run(self._stop)

    def _params(self, made: Connections) -> list[Params] | None:
        """The parameters of each stage: known to the plan, or fitted; None when told to stop."""
        found = [Params(stage.resources.get("params") or {}) for stage in self._spec.stages]
        for each in self._spec.inputs:
            if each.kind == "fit":
                fitted = wait_for_params(made.restorer, each.topic, self._stop)
                if fitted is None:
                    return None
                found[0] = fitted  # a fit reads what the first stage reads
        return found

    def _input(self, partition: int, component: Any, made: Connections, book: State) -> Input:
        if self._spec.mode == "read":
            return self._source(component, made, book)
        own = ("main", "side")
        main = [(each, partition) for each in self._spec.inputs if each.kind in own]
        events = [
            (each, p)
            for each in self._spec.inputs
            if each.kind in ("event", "table")
            for p in range(each.partitions)
        ]
        again = replays.inputs_of(self._spec, partition, made.consumer)
        timed = bool(self._spec.output and self._spec.output.timed)
        places = main + events + again
        return KafkaInput(made.consumer, places, book, timed, self._patience(component))

    def _source(self, component: Any, made: Connections, book: State) -> Input:
        """A source alone, or followed by all partitions of the topics that go on after it."""
        spec = self._spec
        places = [(each, p) for each in spec.inputs for p in range(each.partitions)]
        timed = bool(spec.output and spec.output.timed)
        if not places:
            return SourceInput(component, spec.label, book, timed)
        return ThenInput(
            component,
            spec.label,
            book,
            lambda: KafkaInput(made.consumer, places, book, timed),
            timed,
        )

    def _patience(self, component: Any) -> float | None:
        """How long a flow of an aligned step waits for a silent one; what ends is waited for."""
        if not component.aligned:
            return None
        if self._spec.bounded and not any(each.foreign for each in self._spec.inputs):
            return math.inf
        return self._spec.options.get("wait", PATIENCE_SECONDS)

    def _ready(self) -> None:
        """A task has its place; when all have theirs, the port says so to whoever waits for it."""
        print(f"{self._spec.label}: ready", flush=True)
        with self._lock:
            self._settled += 1
            if self._settled == self._tasks:
                self.metrics.serve(self._settings.metrics_port, self._settings.metrics_host)

    def _step(self, components: list[Any], states: list[State]) -> Step | Fused:
        """What the task runs: the step, or all that share its process."""
        stages = self._spec.stages
        steps = [
            Step(component, state, stage.options.get("on_error", "dlq"))
            for stage, component, state in zip(stages, components, states, strict=True)
        ]
        *others, last = steps
        if not others:
            return last
        ends = last.write if self._spec.mode == "write" else last.process
        doing: list[Doing] = [*(step.process for step in others), ends]
        labels = (stage.label for stage in stages)
        return Fused(list(zip(labels, doing, strict=True)))

    def _constructed(self, stage: Stage) -> Any:
        component = load(stage.component)
        doors = {need: self._door(need, stage.resources) for need in needs_of(component).values()}
        return construct(component, stage.arguments, doors)

    def _door(self, need: str, resources: Mapping[str, Any]) -> Any:
        if need in ("files", "models", "datasets"):
            from amml_runtime.control import Control  # only what needs it pays for importing it

            return Control(self._settings.control, self._settings.token_file, self._spec.name)
        if ":" in need:  # a client that lies beside its component
            client: Any = load(need)
            return client(self._spec, Secrets(self._settings.secrets))
        known: dict[str, Any] = {"out": sys.stdout, "step": self._spec}
        return known[need] if need in known else resources[need]


def _drop_foreign(spec: StepSpec, book: State, state: State) -> None:
    """Forget what was remembered under this label by another component, or for other arguments.

    The book stays: the position and the ledger belong to the step's topics, whatever is in it.
    """
    kind = state_kind(spec)
    if book.get("kind", kind) != kind:
        print(f"{spec.label}: state of {book['kind']} is dropped", flush=True)
        state.clear()
    if book.get("kind") != kind:
        book["kind"] = kind


def run_slot(
    spec: StepSpec,
    settings: Settings,
    tasks: Mapping[str, "Future[Connections]"],
    stop: Event,
) -> Exit:
    """Run this slot's tasks."""
    memory.leave_pandas_out()
    slot = Slot(spec, settings, stop)
    memory.settle()
    return replace(slot.run(tasks), samples=slot.metrics.samples())
