"""Faults from outside: each waits for its moment, then meets its process."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from typing import NamedTuple

from amml_deploy.certify.faults import Fault, Kind
from amml_deploy.certify.sight import Sight
from amml_deploy.platform import processes
from amml_deploy.platform.home import Home
from amml_deploy.platform.processes import Process
from amml_deploy.supervisor.wish import Slot
from amml_deploy.supervisor.worker import Worker

_SIGNALS: dict[Kind, Signals] = {"kill": SIGKILL, "zombie": SIGSTOP, "stop": SIGTERM}
_LONGEST_SLEEP = 15.0  # seconds in which a copy should long have taken over


@dataclass
class Hit:
    """A fault that met its process, and when.

    Parameters:
        ended: whether the process it met has ended since.
    """

    fault: Fault
    at: float
    ended: bool = False


class Sleeper(NamedTuple):
    """A process that was stopped in its tracks, and the copy that takes over meanwhile."""

    slot: Slot
    copy: Process
    since: float


class Strikes:
    """The faults of a round that come from outside.

    Parameters:
        faults: all of the round's; fail points come from inside and are left out.
        sight: how far each step is, and when it commits.
        copy: starts a second process of a slot.
        home: the platform whose broker may be frozen.
    """

    def __init__(
        self,
        faults: Iterable[Fault],
        sight: Sight,
        copy: Callable[[Slot], Process],
        home: Home,
    ) -> None:
        self._waiting = [fault for fault in faults if not fault.point]
        self._due: dict[Fault, float] = {}
        self._asleep: dict[Process, Sleeper] = {}
        self._frozen: dict[Process, float] = {}  # with the time at which it goes on
        self._sight = sight
        self._copy = copy
        self._home = home
        self.copies: list[Process] = []
        self.hits: list[Hit] = []

    @property
    def under_way(self) -> bool:
        """Whether a fault has begun and is not over."""
        return bool(self._due or self._asleep or self._frozen)

    def strike(self, workers: Sequence[Worker], now: float) -> None:
        """Do what is due by now."""
        self._wake(now)
        for fault in list(self._waiting):
            if self._sight.progress(fault.slot.label if fault.slot else "") >= fault.at:
                self._waiting.remove(fault)
                self._due[fault] = now + (fault.delay if fault.slot else 0.0)
        known = {worker.slot: worker for worker in workers}
        for fault, at in list(self._due.items()):
            if now >= at and self._is_done(fault, known, now):
                del self._due[fault]

    def note_end(self, slot: Slot, now: float) -> None:
        """A process has ended: one that was told to stop has put its things in order until now."""
        for hit in self.hits:
            if hit.fault.slot == slot and not hit.ended:
                hit.ended = True
                hit.at = now if hit.fault.kind == "stop" else hit.at

    def end(self) -> None:
        """Leave nothing standing still and no copy behind; the crew's own are the crew's."""
        for broker in self._frozen:
            broker.signal(SIGCONT)
        for process in [*self.copies, *self._asleep]:
            process.signal(SIGKILL)
        processes.wait(self.copies, 10)

    def _is_done(self, fault: Fault, workers: Mapping[Slot, Worker], now: float) -> bool:
        """Whether a fault has struck, or never will; one whose process is starting waits."""
        if fault.slot is None:
            self._freeze(now + fault.delay)
        else:
            worker = workers.get(fault.slot)
            if worker is None or worker.completed:
                return worker is not None  # too late
            if not worker.ready or worker.process is None or worker.process in self._asleep:
                return False
            process = worker.process
            process.signal(_SIGNALS[fault.kind])
            now = time.time()  # what it commits from here on, somebody else does
            if fault.kind == "zombie":
                self.copies.append(copy := self._copy(fault.slot))
                self._asleep[process] = Sleeper(fault.slot, copy, now)
        self.hits.append(Hit(fault, now))
        return True

    def _freeze(self, until: float) -> None:
        for broker in brokers(self._home):
            broker.signal(SIGSTOP)
            self._frozen[broker] = until

    def _wake(self, now: float) -> None:
        for process, sleeper in list(self._asleep.items()):
            if self._is_replaced(sleeper) or now > sleeper.since + _LONGEST_SLEEP:
                process.signal(SIGCONT)
                del self._asleep[process]
        for broker, until in list(self._frozen.items()):
            if now >= until:
                broker.signal(SIGCONT)
                del self._frozen[broker]

    def _is_replaced(self, sleeper: Sleeper) -> bool:
        """Whether the copy has committed, or has ended: then the sleeper wakes to find it so."""
        back = self._sight.recovered(sleeper.slot, sleeper.since)
        return back is not None or not sleeper.copy.alive()


def brokers(home: Home) -> list[Process]:
    """The brokers of a platform that run here."""
    files: Iterable[Path] = home.pid_file("kafka").parent.glob("kafka*.pid")
    return [process for file in files if (process := processes.find(file))]
