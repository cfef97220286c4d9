"""Real steps on a real broker: what the tests of the runtime share."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from amml_runtime import tail
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import InputSpec, OutputSpec, StepSpec, TopicSpec

STEPS = Path(__file__).parent / "steps"
DEADLINE = 60.0


@dataclass
class Chain:
    """A little workflow of the tests: specifications, topics and processes of its own."""

    kafka: str
    folder: Path
    workflow: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}")
    specs: dict[str, StepSpec] = field(default_factory=dict[str, StepSpec])
    processes: list["subprocess.Popen[bytes]"] = field(
        default_factory=list["subprocess.Popen[bytes]"]
    )

    def step(self, label: str, component: str, after: str = "", **more: Any) -> StepSpec:
        """Add a step that reads what the step `after` writes; `more` are fields of its spec."""
        partitions = more.get("partitions", 1)
        rekeyed = bool(more.pop("rekeyed", False))
        before = self.specs.get(after)
        inputs: tuple[InputSpec, ...] = ()
        if before is not None and before.output is not None:
            spread = before.output.rekeyed and before.mode != "read"
            inputs = (
                InputSpec(
                    before.output.topic,
                    after,
                    partitions=partitions,
                    writers=before.tasks if spread else 1,
                ),
            )
        inputs = more.pop("inputs", inputs)
        name = f"amml.{self.workflow}.r1.{label}"
        output = more.pop("output", OutputSpec(name, partitions=partitions, rekeyed=rekeyed))
        fields: dict[str, Any] = {
            "prefix": "amml",
            "workflow": self.workflow,
            "run": 1,
            "mode": "process",
            "identity": f"id-{label}",
            "bounded": True,
        } | more
        spec = StepSpec(label=label, component=component, inputs=inputs, output=output, **fields)
        self.specs[label] = spec
        topics = [TopicSpec(spec.dead_letters, 1)]
        if spec.changelog:
            topics.append(TopicSpec(spec.changelog, spec.tasks, {"cleanup.policy": "compact"}))
        if output is not None:
            topics.append(TopicSpec(output.topic, output.partitions))
        create_topics(self.kafka, topics)
        return spec

    def start(
        self, label: str, slot: int = 0, slots: int = 1, fail_point: str = "", port: int = 0
    ) -> "subprocess.Popen[bytes]":
        """Start one process of a step."""
        spec = self.folder / f"{label}.json"
        spec.write_text(json.dumps(self.specs[label].to_json()), encoding="utf-8")
        environ = os.environ | {
            "AMML_SPEC": str(spec),
            "AMML_KAFKA": self.kafka,
            "AMML_SLOT": str(slot),
            "AMML_SLOTS": str(slots),
            "AMML_EXIT_FILE": str(self.folder / f"{label}.{slot}.exit"),
            "AMML_FAIL_POINT": fail_point,
            "AMML_METRICS_PORT": str(port),
            "PYTHONPATH": str(STEPS),
            "TMPDIR": str(self.folder),  # who is killed leaves files behind
        }
        with (self.folder / f"{label}.{slot}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "amml_runtime"], env=environ, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def run(self, *labels: str) -> None:
        """Run the steps to their end; a failure shows its log."""
        started = [(label, self.start(label)) for label in labels or tuple(self.specs)]
        for label, process in started:
            code = process.wait(DEADLINE)
            assert code == 0, f"{label} exited {code}:\n{self.log(label)}"

    def log(self, label: str, slot: int = 0) -> str:
        """What a step has printed."""
        return (self.folder / f"{label}.{slot}.log").read_text(encoding="utf-8")

    def rows(self, label: str) -> list[dict[str, Any]]:
        """The committed rows of a step's topic, in order."""
        output = self.specs[label].output
        assert output is not None
        return list(tail.follow(self.kafka, output.topic, last=1_000_000, follow=False))

    def dead_letters(self) -> list[dict[str, Any]]:
        """The committed dead letters."""
        topic = f"amml.{self.workflow}.dlq"
        return list(tail.follow(self.kafka, topic, last=1_000_000, follow=False))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()` is true."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.05)

    def stop(self) -> None:
        """Leave nothing behind."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(DEADLINE)
        remove_prefix(self.kafka, f"amml.{self.workflow}.")


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """A real broker: the shared platform's, or the one `AMML_TEST_KAFKA` names."""
    given = os.environ.get("AMML_TEST_KAFKA")
    return given or request.getfixturevalue("platform").kafka


@pytest.fixture
def chain(kafka: str, tmp_path: Path) -> Iterator[Chain]:
    """A workflow to put together, cleaned up at the end."""
    made = Chain(kafka, tmp_path)
    try:
        yield made
    finally:
        made.stop()
