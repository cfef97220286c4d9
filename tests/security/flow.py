"""A workflow whose processes get in as somebody, and must do with what that one may."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amml_runtime.spec import Plan

DEADLINE = 60.0


@dataclass
class Flow:
    """The steps of a plan, each a process with the environment it is given."""

    plan: Plan
    folder: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(
        default_factory=dict[str, "subprocess.Popen[bytes]"]
    )

    def start(self, environ: Mapping[str, str], *labels: str) -> None:
        """Start some steps, or all."""
        for step in self.plan.steps:
            if not labels or step.label in labels:
                spec = self.folder / f"{step.label}.json"
                spec.write_text(json.dumps(step.to_json()), encoding="utf-8")
                self.running[step.label] = self._started(step.label, environ)

    def wait(self) -> None:
        """Wait until each has completed; one that failed shows what it said."""
        for label, process in self.running.items():
            code = process.wait(DEADLINE)
            assert code == 0, f"{label} ended with {code}:\n{self.log(label)}"

    def refusal(self, label: str) -> str:
        """Why a step has ended with exit code 2."""
        code = self.running[label].wait(DEADLINE)
        assert code == 2, f"{label} ended with {code}:\n{self.log(label)}"
        return str(json.loads(self._exit(label).read_text(encoding="utf-8"))["reason"])

    def log(self, label: str) -> str:
        """What a step has printed."""
        return (self.folder / f"{label}.log").read_text(encoding="utf-8")

    def printed(self) -> list[dict[str, Any]]:
        """The rows that `print` has printed."""
        lines = self.log("print").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()` is true; nothing may end before."""
        end = time.monotonic() + DEADLINE
        while not holds():
            for label, process in self.running.items():
                assert process.poll() is None, f"{label} has ended:\n{self.log(label)}"
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.05)

    def end(self) -> None:
        """Tell all to stop, which is no failure."""
        for process in self.running.values():
            process.terminate()
        self.wait()

    def stop(self) -> None:
        """Leave no process behind."""
        for process in self.running.values():
            process.kill()
            process.wait()

    def _started(self, label: str, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        told = {
            **environ,
            "AMML_SPEC": str(self.folder / f"{label}.json"),
            "AMML_EXIT_FILE": str(self._exit(label)),
            "TMPDIR": str(self.folder),  # who is killed leaves files behind
        }
        with (self.folder / f"{label}.log").open("ab") as log:
            command = [sys.executable, "-m", "amml_runtime"]
            return subprocess.Popen(command, env=told, stdout=log, stderr=log)

    def _exit(self, label: str) -> Path:
        return self.folder / f"{label}.exit"
