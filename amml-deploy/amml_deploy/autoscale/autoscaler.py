"""Looks at every workflow that is to be scaled, and changes the processes of its steps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from amml_deploy.autoscale.controller import Bounds, Controller, Sample
from amml_deploy.backends import Backend
from amml_deploy.backends.choosing import backend, target_of
from amml_deploy.control import Control, ControlError, bootstrap_of, home_of
from amml_deploy.errors import AmmlError
from amml_deploy.scrape import scrape
from amml_deploy.status import ports, step_rows
from amml_runtime.errors import StepError
from amml_runtime.spec import Plan, StepSpec

if TYPE_CHECKING:
    from amml_runtime.gauge import Gauge

EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class Change:
    """Another number of processes for a step.

    >>> print(Change("hot", "filter", 1, 3))
    hot.filter: 1 -> 3 processes
    """

    workflow: str
    step: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.workflow}.{self.step}: {self.before} -> {self.after} processes"


class _Key(NamedTuple):
    """What a step has to be, for what was learned of it to hold."""

    workflow: str
    run: int
    label: str
    least: int
    most: int


@dataclass(frozen=True)
class _Watched:
    controller: Controller
    gauge: "Gauge"


class Autoscaler:
    """One look after the other at the workflows of some targets.

    Parameters:
        control: the control API.
        environ: where each backend finds what it needs beside it.
        targets: whose workflows to look at.
        changed: told of every change.
        hindered: told of what keeps it from looking.
    """

    def __init__(
        self,
        control: Control,
        environ: Mapping[str, str],
        targets: tuple[str, ...],
        changed: Callable[[Change], None],
        hindered: Callable[[str], None],
    ) -> None:
        self._control = control
        self._environ = environ
        self._targets = targets
        self._changed = changed
        self._hindered = hindered
        self._steps: dict[_Key, _Watched] = {}

    def run(self) -> None:
        """Look, for ever; what fails is said, and tried again with the next look."""
        while True:
            try:
                self.look(time.monotonic())
            except (AmmlError, StepError) as error:
                self._hindered(f"autoscale: {error}")
            time.sleep(EVERY_SECONDS)

    def start(self) -> None:
        """`run` in a thread that ends with the process."""
        Thread(target=self.run, name="autoscaler", daemon=True).start()

    def look(self, now: float) -> None:
        """Look at every workflow once, and carry out what follows from it.

        Errors: ControlDown, Unavailable.
        """
        seen = set[_Key]()
        for each in self._control.get("/workflows"):
            if (
                each["autoscale"]
                and each["desired"] == "running"
                and target_of(each) in self._targets
            ):
                seen |= self._look_at(each, now)
        for gone in self._steps.keys() - seen:
            self._steps.pop(gone).gauge.close()

    def _look_at(self, workflow: Mapping[str, Any], now: float) -> set[_Key]:
        """One workflow; the steps that were seen."""
        name, bounds = workflow["name"], workflow["autoscale"]
        where = backend(target_of(workflow), self._control, self._environ)
        document = where.status(name)
        if document is None:
            return set()
        plan = Plan.from_json(document["plan"])
        scaled = {
            _Key(name, plan.run, step.label, bounds["min"], bounds["max"]): step
            for step in plan.steps
            if step.mode in ("process", "write") and not step.bounded
        }
        wanted = {
            key.label: self._desired(key, scaled[key], rows, document, now)
            for key, rows in _rows_of(document, scaled).items()
        }
        counts = {
            s.label: wanted[s.label] for s in plan.steps if wanted.get(s.label, s.slots) != s.slots
        }
        if counts:
            self._change(name, where, plan, counts)
        return set(scaled)

    def _desired(
        self, key: _Key, step: StepSpec, rows: int, document: Mapping[str, Any], now: float
    ) -> int:
        watched = self._steps.get(key) or self._watch(key, step)
        written, read = watched.gauge.progress()
        sample = Sample(now, written, read, rows, step.slots, _at_work(document, step))
        return watched.controller.desired(sample)

    def _watch(self, key: _Key, step: StepSpec) -> _Watched:
        from amml_runtime.gauge import Gauge  # Kafka's client takes a while, and memory

        kafka = bootstrap_of(home_of(self._environ), self._environ)
        bounds = Bounds(min(key.least, step.tasks), min(key.most, step.tasks))
        self._steps[key] = _Watched(Controller(bounds), Gauge(kafka, step))
        return self._steps[key]

    def _change(self, name: str, where: Backend, plan: Plan, counts: Mapping[str, int]) -> None:
        """As `amml scale` would; whoever deployed in between goes first."""
        from amml_deploy.preparing import Choices, prepare_again  # with the planner

        options = {label: {"count": count} for label, count in counts.items()}
        prepared = prepare_again(self._control, name, Choices(options=options))
        if prepared.plan.run != plan.run:
            return
        try:
            where.apply(prepared.plan, prepared.settings, prepared.expected_version)
        except ControlError as error:
            if error.code != "stale_plan":
                raise
            return
        before = {step.label: step.slots for step in plan.steps}
        for label, count in counts.items():
            self._changed(Change(name, label, before[label], count))


def _rows_of(document: Mapping[str, Any], scaled: Mapping[_Key, StepSpec]) -> dict[_Key, int]:
    """The rows that each step's processes have read.

    A step at work whose ports do not answer for once is left out, and asked with the next look.
    """
    rows = step_rows(document, {}, scrape(ports(document)), 1.0)
    told = {each["label"]: each["rows_in"] for each in rows}
    return {
        key: told[key.label] or 0
        for key, step in scaled.items()
        if told[key.label] is not None or not step.slots or not _at_work(document, step)
    }


def _at_work(document: Mapping[str, Any], step: StepSpec) -> bool:
    """Whether every process that a step should have is there, and none that it should not."""
    status = document.get("status") or {}
    if status.get("version") != document["version"]:
        return False
    slots = status.get("steps", {}).get(step.label, [])
    return len(slots) == step.slots and all(slot["state"] == "running" for slot in slots)
