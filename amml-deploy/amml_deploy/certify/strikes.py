"""Faults from outside: each waits for its moment, then meets its process."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from amml_deploy.certify.faults import Fault
from amml_deploy.platform import processes
from amml_deploy.platform.home import Home
from amml_deploy.platform.processes import Process
from amml_deploy.supervisor.wish import Slot
from amml_deploy.supervisor.worker import Worker

_SLEEP = 3.0  # seconds that a zombie sleeps, about what its copy needs to take over


@dataclass
class Hit:
    """A fault that met its process, and when.

    Parameters:
        ended: whether the process it met has ended since.
    """

    fault: Fault
    at: float
    ended: bool = False


class Strikes:
    """The faults of a round that come from outside.

    Parameters:
        faults: all of the round's; fail points come from inside and are left out.
        progress: which part of its rows a step has committed so far; of all steps under "".
        copy: starts a second process of a slot.
        home: the platform whose broker may be frozen.
    """

    def __init__(
        self,
        faults: Iterable[Fault],
        progress: Callable[[str], float],
        copy: Callable[[Slot], Process],
        home: Home,
    ) -> None:
        self._waiting = [fault for fault in faults if not fault.point]
        self._due: dict[Fault, float] = {}
        self._asleep: dict[Process, float] = {}  # with the time at which it is woken
        self._frozen: dict[Process, float] = {}
        self._progress = progress
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
            if self._progress(fault.slot.label if fault.slot else "") >= fault.at:
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
            self._meet(fault, fault.slot, worker.process, now)
        self.hits.append(Hit(fault, now))
        return True

    def _meet(self, fault: Fault, slot: Slot, process: Process, now: float) -> None:
        match fault.kind:
            case "zombie":
                process.signal(SIGSTOP)
                self._asleep[process] = now + _SLEEP
                self.copies.append(self._copy(slot))
            case "stop":
                process.signal(SIGTERM)
            case _:
                process.signal(SIGKILL)

    def _freeze(self, until: float) -> None:
        for broker in brokers(self._home):
            broker.signal(SIGSTOP)
            self._frozen[broker] = until

    def _wake(self, now: float) -> None:
        for sleepers in (self._asleep, self._frozen):
            for process, at in list(sleepers.items()):
                if now >= at:
                    process.signal(SIGCONT)
                    del sleepers[process]


def brokers(home: Home) -> list[Process]:
    """The brokers of a platform that run here."""
    files: Iterable[Path] = home.pid_file("kafka").parent.glob("kafka*.pid")
    return [process for file in files if (process := processes.find(file))]
