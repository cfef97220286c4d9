"""Looks at every workflow that is to be scaled, and changes the processes of its steps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

from amml_deploy.autoscale.controller import Bounds, Controller, Sample
from amml_deploy.backends import Backend
from amml_deploy.backends.choosing import backend, target_of
from amml_deploy.control import Control, ControlError, bootstrap_of, home_of
from amml_deploy.errors import AmmlError
from amml_runtime.errors import StepError
from amml_runtime.spec import Plan, StepSpec

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
        self._controllers: dict[tuple[str, int, str, Bounds], Controller] = {}

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
        for each in self._control.get("/workflows"):
            bounds = each["autoscale"]
            if bounds and each["desired"] == "running" and target_of(each) in self._targets:
                where = backend(target_of(each), self._control, self._environ)
                self._look_at(each["name"], where, Bounds(bounds["min"], bounds["max"]), now)

    def _look_at(self, name: str, where: Backend, bounds: Bounds, now: float) -> None:
        document = where.status(name)
        if document is None:
            return
        plan = Plan.from_json(document["plan"])
        wanted = {
            step.label: self._wanted(plan, step, document, bounds, now) for step in plan.steps
        }
        counts = {s.label: wanted[s.label] for s in plan.steps if wanted[s.label] != s.slots}
        if counts:
            self._change(name, where, plan, counts)

    def _wanted(
        self, plan: Plan, step: StepSpec, document: Mapping[str, Any], bounds: Bounds, now: float
    ) -> int:
        from amml_deploy.autoscale.lags import progress, scalable  # with Kafka's client
        from amml_runtime.admin import Admin

        if not scalable(step):
            return step.slots
        mine = Bounds(min(bounds.least, step.tasks), min(bounds.most, step.tasks))
        key = (plan.workflow, plan.run, step.label, mine)
        controller = self._controllers.setdefault(key, Controller(mine))
        kafka = bootstrap_of(home_of(self._environ), self._environ)
        written, read = progress(Admin(kafka), step)
        return controller.desired(Sample(now, written, read, step.slots, _at_work(document, step)))

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


def _at_work(document: Mapping[str, Any], step: StepSpec) -> bool:
    """Whether every process that a step should have is there, and none that it should not."""
    status = document.get("status") or {}
    if status.get("version") != document["version"]:
        return False
    slots = status.get("steps", {}).get(step.label, [])
    return len(slots) == step.slots and all(slot["state"] == "running" for slot in slots)
