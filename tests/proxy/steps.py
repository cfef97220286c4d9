"""Steps of a real plan as processes of their own, one of them behind a proxy."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amml_deploy.catalogue import Catalogue
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.workflow_text import compiled
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import StepSpec, TopicSpec

from .auditing import Audit, begin_writing

PROGRAM = Path(__file__).with_name("step_process.py")
ROWS, RATE = 1000, 500  # in portions of 50: many transactions, however busy the machine is
DEADLINE = 120.0
AGAIN = (1, 3)  # the exits after which a supervisor starts a wanted step again
MEAN, LAST = "mean_std", "eval"


@dataclass
class Steps:
    """Topic, mean and an arithmetic step, planned as `amml deploy` plans them.

    A step that ends is started again as the supervisor would; `exits` tells how its processes
    have ended so far.
    """

    kafka: str
    folder: Path
    workflow: str = field(default_factory=lambda: f"p{uuid.uuid4().hex[:12]}")
    exits: dict[str, list[int]] = field(default_factory=lambda: defaultdict[str, list[int]](list))
    _environ: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    _running: dict[str, "subprocess.Popen[bytes]"] = field(
        default_factory=dict[str, "subprocess.Popen[bytes]"]
    )

    _writing: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.raw = f"{self.workflow}.raw"
        text = f'topic name="{self.raw}" | mean_std | eval doubled = value * 2 + 1 | print'
        catalogue = Catalogue(topics={self.raw: 1})
        planned = plan(compiled(text), catalogue, Settings(workflow=self.workflow))
        self._specs = {step.label: step for step in planned.steps}
        create_topics(self.kafka, [*planned.topics, TopicSpec(self.raw, 1)])

    def run(self, through: str, defended: bool = True, patient: bool = False) -> None:
        """Run everything, `mean_std` through a proxy, and begin to write the input."""
        self.start(MEAN, through, defended, patient)
        self.start("topic")
        self.start(LAST)
        self.until(lambda: all("ready" in self.log(label) for label in self._environ))
        self._writing = begin_writing(self.kafka, self.raw, ROWS, RATE)

    def audited(self, *labels: str) -> dict[str, int]:
        """What the auditor finds in these steps, or in all, when the input is there."""
        writing = self._writing
        assert writing is not None
        self.until(lambda: writing.poll() is not None)
        case = self._case(labels or ("topic", MEAN, LAST))
        audit = Audit(self.folder, self.kafka, self.raw, ROWS, case)
        self.until(audit.done)
        return audit.found()

    def start(
        self, label: str, through: str = "", defended: bool = True, patient: bool = False
    ) -> None:
        """Start a step.

        Parameters:
            through: the address at which it finds Kafka; empty is the broker's own.
            defended: whether it listens to librdkafka's log.
            patient: whether it waits as long as it does for users.
        """
        spec, attempts = self.folder / f"{label}.json", self.folder / "attempts"
        attempts.mkdir(exist_ok=True)
        spec.write_text(json.dumps(self._specs[label].to_json()), encoding="utf-8")
        self._environ[label] = {
            "AMML_SPEC": str(spec),
            "AMML_KAFKA": through or self.kafka,
            "AMML_ATTEMPTS": str(attempts),
            "AMML_TEST_UNDEFENDED": "" if defended else "1",
            "AMML_TEST_PATIENT": "1" if patient else "",
        }
        self._start(label)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()`, starting again meanwhile what has to be."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, f"waited too long:\n{self._logs()}"
            for label, process in list(self._running.items()):
                if (code := process.poll()) is not None:
                    self._ended(label, code)
            time.sleep(0.02)

    def process(self, label: str) -> "subprocess.Popen[bytes]":
        """The process of a step that runs now."""
        return self._running[label]

    def log(self, label: str) -> str:
        """What a step's processes have said."""
        return (self.folder / f"{label}.log").read_text(encoding="utf-8")

    def spec(self, label: str) -> StepSpec:
        """A step's specification."""
        return self._specs[label]

    def stop(self) -> None:
        """Leave nothing behind."""
        if self._writing is not None:
            self._writing.kill()
            self._writing.wait()
        for process in self._running.values():
            process.kill()
            process.wait()
        remove_prefix(self.kafka, f"amml.{self.workflow}.")
        remove_prefix(self.kafka, f"{self.workflow}.")

    def _start(self, label: str) -> None:
        with (self.folder / f"{label}.log").open("ab") as log:
            self._running[label] = subprocess.Popen(
                [sys.executable, str(PROGRAM)],
                env=os.environ | self._environ[label],
                stdout=log,
                stderr=log,
            )

    def _ended(self, label: str, code: int) -> None:
        del self._running[label]
        self.exits[label].append(code)
        if code in AGAIN and len(self.exits[label]) < 5:
            self._start(label)

    def _case(self, labels: tuple[str, ...]) -> dict[str, Any]:
        mean = self._specs[MEAN]
        expected = {
            MEAN: {"name": "running_mean"},
            LAST: {"name": "map_filter", "doubled": "doubled"},
        }
        return {
            "outputs": [
                {"topic": self._specs[label].name, "format": "arrow", "expect": each}
                for label, each in expected.items()
                if label in labels
            ],
            "steps": [
                {
                    "name": spec.name,
                    "reads": [each.topic for each in spec.inputs],
                    "changelog": spec.changelog,
                }
                for spec in map(self.spec, labels)
            ],
            "states": [{"changelog": mean.changelog, "fold": {"name": "running_mean"}}],
            "dead_letters": {"topic": mean.dead_letters},
            "attempts": str(self.folder / "attempts"),
        }

    def _logs(self) -> str:
        return "\n".join(f"{label}:\n{self.log(label)}" for label in self._environ)
