"""Keeps the processes of a plan running as the supervisor does, and remembers how each ended."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from amml_deploy.supervisor.decide import GRACE
from amml_deploy.supervisor.worker import FAULT, HEALTHY, wait_after
from amml_runtime.settings import SMALL
from amml_runtime.spec import Plan, StepSpec

_TURN = 0.02


class Place(NamedTuple):
    """One process of a step."""

    label: str
    slot: int


@dataclass(frozen=True)
class Ending:
    """How a process ended by itself, or because a test killed it."""

    place: Place
    code: int
    reason: str
    at: float


@dataclass
class _Life:
    """A slot that should run: its process, and what the supervisor would know of it."""

    slots: int
    process: "subprocess.Popen[bytes] | None" = None
    since: float = 0.0
    failures: int = 0
    completed: bool = False


@dataclass
class Keeper:
    """The steps of a plan on a cluster; a thread starts again what has ended."""

    plan: Plan
    kafka: str
    folder: Path
    endings: list[Ending] = field(default_factory=list[Ending])
    _lives: dict[Place, _Life] = field(default_factory=dict[Place, _Life])

    def start(self) -> None:
        """Start every step with as many processes as its plan says."""
        self._lock = threading.Lock()
        self._closed = threading.Event()
        for step in self.plan.steps:
            spec = self.folder / f"{step.label}.json"
            spec.write_text(json.dumps(step.to_json()), encoding="utf-8")
            self._want(step, step.slots)
        self._thread = threading.Thread(target=self._keep, name="keeper")
        self._thread.start()

    def lay_out(self, label: str, slots: int) -> None:
        """Another number of processes for a step: all stop, then all start."""
        with self._lock:
            gone = [place for place in self._lives if place.label == label]
            self._end([self._lives.pop(place) for place in gone])
            self._want(self.step(label), slots)

    def kill(self, label: str, slot: int) -> None:
        """End a process at once; the keeper starts it again."""
        with self._lock:
            process = self._lives[Place(label, slot)].process
            if process is not None:
                process.kill()

    def slots(self, label: str) -> int:
        """How many processes a step has."""
        with self._lock:
            return sum(place.label == label for place in self._lives)

    def processor_seconds(self) -> float:
        """How long the processes that run now have kept a processor busy."""
        with self._lock:
            found = [life.process.pid for life in self._lives.values() if life.process is not None]
        times = [psutil.Process(pid).cpu_times() for pid in found]
        return sum(each.user + each.system for each in times)

    @property
    def completed(self) -> bool:
        """Whether every step has come to the end of its input."""
        return all(life.completed for life in self._lives.values())

    def step(self, label: str) -> StepSpec:
        """A step's specification."""
        return next(step for step in self.plan.steps if step.label == label)

    def faults(self) -> list[Ending]:
        """The ends after which the supervisor would wait for another workflow."""
        return [ending for ending in self.endings if ending.code == FAULT]

    def log(self, place: Place) -> str:
        """What the processes of a slot have said."""
        path = self._log(place)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def close(self) -> None:
        """Stop them all."""
        self._closed.set()
        self._thread.join()
        self._end(list(self._lives.values()))

    def _want(self, step: StepSpec, slots: int) -> None:
        for slot in range(slots):
            self._lives[Place(step.label, slot)] = _Life(slots)

    def _keep(self) -> None:
        while not self._closed.wait(_TURN):
            with self._lock:
                for place, life in self._lives.items():
                    self._look(place, life, time.monotonic())

    def _look(self, place: Place, life: _Life, now: float) -> None:
        """Notice the end of a process, and start what is due."""
        if life.process is not None and (code := life.process.poll()) is not None:
            life.process = None
            self._ended(place, life, code, now)
        due = now >= life.since + wait_after(life.failures)
        if life.process is None and not life.completed and due:
            life.process = self._spawn(place, life.slots)
            life.since = now

    def _ended(self, place: Place, life: _Life, code: int, now: float) -> None:
        if now - life.since > HEALTHY:
            life.failures = 0
        life.since = now
        life.failures += 1
        reason = self._reason(place)
        life.completed = code == FAULT or (code == 0 and reason == "completed")
        if code:
            self.endings.append(Ending(place, code, reason if code > 0 else "killed", now))

    def _reason(self, place: Place) -> str:
        try:
            return str(json.loads(self._exit(place).read_text(encoding="utf-8"))["reason"])
        except FileNotFoundError:
            return ""

    def _end(self, lives: list[_Life]) -> None:
        """As the supervisor: SIGTERM to all, and SIGKILL for those that take too long."""
        left = [life.process for life in lives if life.process is not None]
        for process in left:
            process.terminate()
        end = time.monotonic() + GRACE
        for process in left:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, place: Place, slots: int) -> "subprocess.Popen[bytes]":
        self._exit(place).unlink(missing_ok=True)
        environ = {
            **os.environ,
            **SMALL,
            "AMML_SPEC": str(self.folder / f"{place.label}.json"),
            "AMML_KAFKA": self.kafka,
            "AMML_SLOT": str(place.slot),
            "AMML_SLOTS": str(slots),
            "AMML_EXIT_FILE": str(self._exit(place)),
            "TMPDIR": str(self.folder),  # who is killed leaves files behind
        }
        command = [sys.executable, "-m", "amml_runtime"]
        with self._log(place).open("ab") as log:
            return subprocess.Popen(command, env=environ, stdout=log, stderr=log)

    def _log(self, place: Place) -> Path:
        return self.folder / f"{place.label}.{place.slot}.log"

    def _exit(self, place: Place) -> Path:
        return self.folder / f"{place.label}.{place.slot}.exit"
