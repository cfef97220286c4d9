"""One trial: a workflow that is fed while a fault strikes, and audited when all is quiet."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from amml_deploy.catalogue import Catalogue
from amml_deploy.control import Control
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.platform.home import Platform
from amml_deploy.preparing import Choices, prepare
from amml_deploy.workflow_text import compiled
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import Plan, StepSpec, TopicSpec

from .crew import DEADLINE, Crew
from .workloads import MODEL, Workload

AUDIT = Path(__file__).parents[1] / "audit"
KEYS = 25
RATE = 1000  # records a second, until the fault is over
MOST = 300_000
IN_FILE = 12_000
TIMEOUT = 30.0


class Trial:
    """A workload on the platform's broker, under a name of its own."""

    def __init__(self, platform: Platform, folder: Path, workload: Workload, seed: int) -> None:
        self.name = f"f{uuid.uuid4().hex[:10]}"
        self.platform = platform
        self._raw, self._out = f"{self.name}.raw", f"{self.name}.out"
        self._workload = workload
        self._seed = seed
        self._written: int | None = None
        self._folder = folder / self.name
        self._folder.mkdir()
        self._feeding: subprocess.Popen[bytes] | None = None
        self._admin = _admin(platform.kafka)
        self.crew = Crew(platform, self._folder, self._planned())
        create_topics(platform.kafka, self.crew.plan.topics)

    @property
    def bounded(self) -> bool:
        """Whether the workflow ends by itself."""
        return self._workload.bounded

    @property
    def fed(self) -> bool:
        """Whether all of the input is written."""
        return self._feeding is None or self._feeding.poll() is not None

    def start(self) -> None:
        """Start the steps, and the input where it is a topic."""
        if not self._workload.bounded:
            place = ["--kafka", self.platform.kafka, "--topic", self._raw]
            words = [*place, "--rate", str(RATE), *self._given()]
            command = [sys.executable, str(AUDIT / "generator.py"), *words]
            self._feeding = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.crew.start()
        if not self._workload.bounded:
            level = IsolationLevel.READ_COMMITTED
            self.crew.wait_until(lambda: any(self._ends(self._raw, level).values()))

    def finish(self) -> None:
        """End the input or, where it is a file, wait until it has been worked through."""
        if self._workload.bounded:
            self.crew.wait_until(lambda: len(self.crew.completed) == len(self.crew.labels))
        if self._feeding is not None:
            self._feeding.terminate()
            said, _ = self._feeding.communicate(timeout=TIMEOUT)
            self._written = int(said.split()[0])

    def audit(self) -> dict[str, int]:
        """What the auditor finds, by class; what has no anomaly is left out."""
        case, report = self._folder / "case.json", self._folder / "report.json"
        case.write_text(json.dumps(self._case()), encoding="utf-8")
        words = (str(case), "--quiet-seconds", "1.5", "--json", str(report))
        auditing = self._begin("auditor.py", *words)
        self.crew.wait_until(lambda: auditing.poll() is not None, DEADLINE * 2)
        said = (self._folder / "programs.log").read_text(encoding="utf-8")
        assert report.exists(), said
        counts = json.loads(report.read_text(encoding="utf-8"))["counts"]
        found = {name: count for name, count in counts.items() if count}
        if found:
            print(said, self.crew.endings, sep="\n")
        return found

    def recovery(self, label: str, fault: Callable[[], Any]) -> float | None:
        """Seconds from a fault to the step's next commit; None if there was no more to commit."""
        fault()
        struck = time.monotonic()
        topic = self.crew.step(label).changelog
        assert topic is not None
        marks = self._ends(topic, IsolationLevel.READ_UNCOMMITTED)
        while not self._beyond(topic, marks):
            if self.fed or label in self.crew.completed:
                return None
            assert time.monotonic() - struck < DEADLINE, f"{label} does not recover"
            self.crew.wait(0.01)
        return time.monotonic() - struck

    def is_settled(self, label: str) -> bool:
        """Whether a step has left no transaction open."""
        step = self.crew.step(label)
        topics = [step.changelog, step.output.topic if step.output else None]
        return all(
            self._ends(topic, IsolationLevel.READ_COMMITTED)
            == self._ends(topic, IsolationLevel.READ_UNCOMMITTED)
            for topic in topics
            if topic is not None
        )

    def close(self) -> None:
        """Leave no process and no topic behind."""
        self.crew.close()
        if self._feeding is not None:
            self._feeding.kill()
            self._feeding.communicate(timeout=TIMEOUT)
        for prefix in (f"amml.{self.name}.", f"{self.name}."):
            remove_prefix(self.platform.kafka, prefix)

    @property
    def _parts(self) -> int:
        return 1 if self._workload.bounded else self._workload.partitions

    def _beyond(self, topic: str, marks: dict[int, int]) -> bool:
        """Whether something was committed after `marks`; the marker of an abort takes one."""
        stable = self._ends(topic, IsolationLevel.READ_COMMITTED)
        return any(stable[partition] > mark + 1 for partition, mark in marks.items())

    def _ends(self, topic: str, level: Any) -> dict[int, int]:
        parts = self._parts if topic == self._raw else self.crew.partitions_of(topic)
        wanted: Any = {TopicPartition(topic, part): OffsetSpec.latest() for part in range(parts)}
        end = time.monotonic() + TIMEOUT
        while True:
            listed = self._admin.list_offsets(
                wanted, isolation_level=level, request_timeout=TIMEOUT
            )
            try:
                return {place.partition: each.result().offset for place, each in listed.items()}
            except KafkaException:  # no leader yet, or a new one, whom only a new client believes
                if time.monotonic() > end:
                    raise
                self.crew.wait(0.1)
                self._admin = _admin(self.platform.kafka)

    @property
    def _input(self) -> dict[str, int]:
        """What determines the records."""
        return {
            "seed": self._seed,
            "rows": IN_FILE if self._workload.bounded else MOST,
            "keys": KEYS,
            "partitions": self._parts,
            "poison": self._workload.poison,
        }

    def _given(self) -> list[str]:
        return [word for name, value in self._input.items() for word in (f"--{name}", str(value))]

    def _planned(self) -> Plan:
        text = self._workload.text.format(raw=self._raw, out=self._out)
        if self._workload.bounded:
            return self._planned_with_file(self._workload.text.format(raw=self.name))
        create_topics(
            self.platform.kafka,
            [TopicSpec(name, self._workload.partitions) for name in (self._raw, self._out)],
        )
        topics = {name: self._workload.partitions for name in (self._raw, self._out)}
        options = {"topic": {"from": "start"}}
        settings = Settings(self.name, partitions=self._workload.partitions, options=options)
        return plan(compiled(text), Catalogue(topics=topics), settings)

    def _planned_with_file(self, text: str) -> Plan:
        """The records as a file of the source catalogue, and a model of that name."""
        file, model = self._folder / "raw.jsonl", self._folder / "model.yaml"
        writing = self._begin("generator.py", "--file", str(file), *self._given())
        assert writing.wait(TIMEOUT) == 0
        model.write_text(MODEL, encoding="utf-8")
        self._amml("source", "add", self.name, "--file", str(file), "--time", "ts")
        self._amml("model", "add", f"{self.name}:0.1", str(model))
        with Control(self.platform.control, self.platform.token, "faults") as control:
            choices = Choices(partitions=self._workload.partitions)
            return prepare(control, self.name, text, choices).plan

    def _begin(self, program: str, *words: str) -> "subprocess.Popen[bytes]":
        """Start the generator or the auditor, which are programs of their own."""
        command = [sys.executable, str(AUDIT / program), *words]
        with (self._folder / "programs.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def _amml(self, *words: str) -> None:
        environ = os.environ | {"AMML_HOME": str(self.platform.home.path)}
        command = [sys.executable, "-m", "amml_deploy", *words]
        done = subprocess.run(command, env=environ, capture_output=True, timeout=DEADLINE)
        assert done.returncode == 0, done.stderr.decode()

    def _case(self) -> dict[str, Any]:
        """What the auditor is told."""
        work, steps = self._workload, self.crew.plan.steps
        raw = None if work.bounded else self._raw
        edges = [
            {"topic": self.crew.step(label).name, "format": "arrow", "expect": expect}
            for label, expect in work.edges.items()
        ]
        out = [{"topic": self._out, "format": "json", "expect": work.out}] if work.out else []
        return {
            "kafka": self.platform.kafka,
            "inputs": [{"topic": raw, "written": self._written, **self._input}],
            "outputs": edges + out,
            "steps": [_position(step) for step in steps if step.mode in ("process", "write")],
            "states": [
                {"changelog": self.crew.step(label).changelog, "fold": fold}
                for label, fold in work.folds.items()
            ],
            "dead_letters": {"topic": steps[0].dead_letters},
            "attempts": str(self._folder / "attempts"),
            "empty_folders": [str(folder) for folder in self.crew.temporaries],
        }


def _position(step: StepSpec) -> dict[str, Any]:
    reads = [each.topic for each in step.inputs if each.kind == "main"]
    return {"name": step.name, "reads": reads, "changelog": step.changelog}


def _admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})
