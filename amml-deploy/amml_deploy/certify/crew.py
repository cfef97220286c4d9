"""The processes of one round, kept by the supervisor's own rules while faults meet them."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGKILL

from amml_deploy.certify.armed import Armed, fail_points
from amml_deploy.certify.faults import Fault
from amml_deploy.certify.sight import Sight
from amml_deploy.certify.strikes import Hit, Strikes
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.processes import Process
from amml_deploy.scrape import scrape
from amml_deploy.supervisor.decide import Forget, Kill, Start, Stop, decide
from amml_deploy.supervisor.folder import Folder
from amml_deploy.supervisor.wish import Slot, Wish
from amml_deploy.supervisor.worker import Worker
from amml_deploy.supervisor.workers import Workers


class Crew:
    """Every process of a round.

    Parameters:
        folder: for their specifications, logs and pid files.
        platform: where the servers are.
        sight: what can be seen of the round; the topics of its plan are there.
        faults: what is done to the processes.
    """

    def __init__(
        self, folder: Path, platform: Platform, sight: Sight, faults: Sequence[Fault]
    ) -> None:
        self._folder = Folder(folder)
        self._launcher = Armed(platform, points=fail_points(faults))
        self._workers = Workers(folder, self._launcher)
        self._strikes = Strikes(faults, sight, self._copy, platform.home)
        wanted = {"version": 1, "desired": "running", "keep_data": False}
        plan = sight.plan
        document = {"name": plan.workflow, "run": plan.run, "plan": plan.to_json()}
        self._wish = Wish.of({**document, **wanted})

    @property
    def hits(self) -> Sequence[Hit]:
        """The faults that have met their processes."""
        return self._strikes.hits

    @property
    def restarts(self) -> int:
        """How often a process was started anew."""
        return sum(worker.restarts for worker in self._workers.all())

    @property
    def completed(self) -> bool:
        """Whether every step has come to the end of its input."""
        workers = self._workers.all()
        known = len(workers) == len(self._wish.slots())
        return known and all(worker.completed for worker in workers)

    @property
    def failed(self) -> Worker | None:
        """A step that ended by a fault of its own, and so is not started again."""
        return next((worker for worker in self._workers.all() if worker.failed), None)

    def look(self) -> None:
        """See who has ended, let faults come true, and start whom the supervisor would."""
        now = time.time()
        alive = {worker.slot for worker in self._workers.all() if worker.alive}
        self._workers.look(now)
        for worker in self._workers.all():
            if worker.slot in alive and not worker.alive:
                self._note_end(worker.slot, now)
        self._strikes.strike(self._workers.all(), now)
        for action in decide(self._wish, self._workers.all(), True, now):
            self._carry_out(action, now)

    def idle(self) -> bool:
        """Whether everyone is at work, has read all there is, and no fault is under way."""
        workers = self._workers.all()
        if self._strikes.under_way or not all(w.alive and w.ready for w in workers):
            return False
        told = scrape(worker.port for worker in workers)
        return len(told) == len(workers) and not any(
            samples.get("amml_lag_records") for samples in told.values()
        )

    def figures(self) -> dict[str, Mapping[str, float]]:
        """The figures of each step's first slot: at its end, or now."""
        first = [worker for worker in self._workers.all() if worker.slot.number == 0]
        now = scrape(worker.port for worker in first if worker.alive)
        return {w.slot.label: now.get(w.port, w.samples) if w.alive else w.samples for w in first}

    def last_words(self, slot: Slot) -> Sequence[str]:
        """The end of a slot's log."""
        return self._folder.last_lines(slot)

    def end(self) -> None:
        """End every process at once."""
        self._strikes.end()
        left = [worker.process for worker in self._workers.all() if worker.process]
        every = [*(child for each in left for child in each.children()), *left]
        for process in every:
            process.signal(SIGKILL)
        processes.wait(every, 10)

    def _note_end(self, slot: Slot, now: float) -> None:
        self._strikes.note_end(slot, now)
        if fault := self._launcher.reached(self._folder, slot):
            self._strikes.hits.append(Hit(fault, now, ended=True))

    def _copy(self, slot: Slot) -> Process:
        slots = self._wish.slots()[slot].slots
        return self._launcher.copy(self._folder, slot, slots, len(self._strikes.copies))

    def _carry_out(self, action: object, now: float) -> None:
        match action:
            case Start():
                self._workers.start(action, self._wish, now)
            case Stop(slot):
                self._workers.stop(slot, now)
            case Kill(slot):
                self._workers.kill(slot)
            case Forget(slot):
                self._workers.forget(slot)
            case _:
                raise AssertionError(f"{action} in a sandbox")
