"""The processes of a workflow: started, struck, and started again as the supervisor would do it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

from amml_deploy.platform.home import Platform
from amml_runtime.settings import SMALL
from amml_runtime.spec import Plan, StepSpec

DEADLINE = 120.0
TURN = 0.02

Child: TypeAlias = "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Ending:
    """How a process ended, and its last words."""

    label: str
    code: int
    reason: str


@dataclass
class Crew:
    """One process for each step of a plan.

    Parameters:
        fail_points: for a step, where its first life ends, its second, and so on.
        outputs: for a step, where its standard output goes instead of the log.
    """

    platform: Platform
    folder: Path
    plan: Plan
    fail_points: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    outputs: dict[str, IO[bytes]] = field(default_factory=dict[str, IO[bytes]])
    endings: list[Ending] = field(default_factory=list[Ending])
    completed: set[str] = field(default_factory=set[str])
    running: dict[str, Child] = field(default_factory=dict[str, Child])
    lives: int = 0

    @property
    def labels(self) -> list[str]:
        """Every step, from the sources on."""
        return [step.label for step in self.plan.steps]

    def step(self, label: str) -> StepSpec:
        """A step's specification."""
        return next(step for step in self.plan.steps if step.label == label)

    def partitions_of(self, topic: str) -> int:
        """How many partitions a topic of the plan has."""
        return next(each.partitions for each in self.plan.topics if each.name == topic)

    def start(self) -> None:
        """Start every step."""
        for label in self.labels:
            self.running[label] = self.spawn(label)

    def spawn(self, label: str) -> Child:
        """Start a process of a step; it is not watched until it is put among those that run."""
        self.lives += 1
        spec = self.folder / f"{label}.json"
        spec.write_text(json.dumps(self.step(label).to_json()), encoding="utf-8")
        points = self.fail_points.get(label)
        environ = (
            os.environ
            | SMALL
            | {
                "AMML_SPEC": str(spec),
                "AMML_KAFKA": self.platform.kafka,
                "AMML_CONTROL": self.platform.control,
                "AMML_TOKEN_FILE": str(self.platform.home.token_file),
                "AMML_ATTEMPTS": str(self.folder / "attempts"),
                "AMML_EXIT_FILE": str(self.folder / f"{label}.{self.lives}.exit"),
                "AMML_FAIL_POINT": points.pop(0) if points else "",
                "TMPDIR": str(self._temporary(f"{label}.{self.lives}")),
            }
        )
        command = [sys.executable, "-m", "amml_runtime"]
        with (self.folder / f"{label}.log").open("ab") as log:
            out = self.outputs.get(label, log)
            process = subprocess.Popen(command, env=environ, stdout=out, stderr=log)
        self._exits[process.pid] = Path(environ["AMML_EXIT_FILE"])
        self._temporaries[process.pid] = Path(environ["TMPDIR"])
        return process

    def __post_init__(self) -> None:
        self._exits: dict[int, Path] = {}
        self._temporaries: dict[int, Path] = {}
        (self.folder / "attempts").mkdir()

    @property
    def temporaries(self) -> list[Path]:
        """The folders for the temporary files of the processes: they are to be empty."""
        return list(self._temporaries.values())

    def tend(self) -> None:
        """Notice what has ended, and start it again if it neither completed nor was at fault."""
        for label, process in list(self.running.items()):
            code = process.poll()
            if code is None:
                continue
            ending = self.ending_of(label, process)
            self.endings.append(ending)
            assert code != 2, ending
            del self.running[label]
            (self._temporaries[process.pid] / ".ses").unlink(missing_ok=True)  # TensorFlow's
            if code == -signal.SIGKILL:  # what it could not remove, the supervisor does
                shutil.rmtree(self._temporaries.pop(process.pid))
            if ending.reason == "completed":
                self.completed.add(label)
            else:
                self.running[label] = self.spawn(label)

    def ending_of(self, label: str, process: Child) -> Ending:
        """How a process that has ended did so."""
        file = self._exits[process.pid]
        said: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return Ending(label, process.wait(DEADLINE), said.get("reason", "killed"))

    def _temporary(self, name: str) -> Path:
        folder = self.folder / "tmp" / name
        folder.mkdir(parents=True)
        return folder

    def wait_until(self, holds: Callable[[], bool], seconds: float = DEADLINE) -> None:
        """Tend the processes until `holds()` is true."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"waited {seconds} s; {self.endings[-5:]}"
            self.tend()
            time.sleep(TURN)

    def wait(self, seconds: float) -> None:
        """Tend the processes for a while."""
        end = time.monotonic() + seconds
        self.wait_until(lambda: time.monotonic() >= end, seconds + DEADLINE)

    def signal(self, label: str, number: signal.Signals) -> Child:
        """Send a signal to a step's process; which process that is."""
        process = self.running[label]
        process.send_signal(number)
        return process

    def close(self) -> None:
        """Leave no process behind."""
        for process in self.running.values():
            process.kill()
            process.wait(DEADLINE)
