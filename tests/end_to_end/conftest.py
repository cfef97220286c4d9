"""Whole workflows on the real platform: as users deploy them, or with processes that tests kill."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from amml_deploy.control import Control
from amml_deploy.demo.series import write_series
from amml_deploy.lakes import lake_of
from amml_deploy.platform.home import Platform
from amml_deploy.preparing import Choices, prepare
from amml_runtime import wire
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import Plan, StepSpec

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 120.0
EPOCHS = 8
MODEL = """
model:
  - Input: {}
  - LSTM: {units: 8, activation: tanh}
  - Dense: {units: 1}
train: {loss: mae, optimizer: adam, epoch: 8, batch: 512, window: 24, horizon: 1, seed: 1,
        inputs: [HUFL, HULL, MUFL, MULL, LUFL, LULL, OT], label: OT}
"""

STATS = (
    "( normalsource mean=0, std=1, rows=10000 ; normalsource mean=5, std=2, rows=10000 ; "
    "normalsource mean=9, std=1, rows=10000 ) | join | mean_std | print"
)

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Amml: TypeAlias = Callable[..., Ran]


def run_amml(home: Path, *words: str) -> Ran:
    """Run `amml ...` as a process of its own, on the platform at `home`."""
    done = subprocess.run(
        [sys.executable, "-m", "amml_deploy", *words],
        env=os.environ | {"AMML_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def committed(kafka: str, topic: str) -> Iterator[Row]:
    """Every row of a topic of one partition that is committed, as any consumer would read it."""
    reader = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"reader-{uuid.uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    while True:
        message = reader.poll(DEADLINE)
        assert message is not None, f"{topic} is silent"
        if (error := message.error()) is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            break
        if "amml-eos" not in dict(message.headers() or ()):
            yield from wire.decode(message.value() or b"").to_rows()
    reader.close()


@dataclass
class Flow:
    """A workflow that is planned with the real catalogue, and run by the test itself."""

    platform: Platform
    folder: Path
    plan: Plan
    running: dict[str, "subprocess.Popen[bytes]"] = field(
        default_factory=dict[str, "subprocess.Popen[bytes]"]
    )
    deaths: Counter[str] = field(default_factory=Counter[str])
    left: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def printed(self) -> StepSpec:
        """The step whose topic `print` reads."""
        *_, last, egress = self.plan.steps
        assert egress.inputs[0].topic == last.name
        return last

    def rows(self, label: str = "") -> list[Row]:
        """The committed rows of a step, or those that `print` reads."""
        topic = self.step(label).name if label else self.printed.name
        return list(committed(self.platform.kafka, topic))

    def step(self, label: str) -> StepSpec:
        """A step's specification."""
        return next(step for step in self.plan.steps if step.label == label)

    def run(self, **fail_points: str | Sequence[str]) -> Counter[str]:
        """Run all steps to their end, starting again what a fail point kills; who died how often.

        Parameters:
            fail_points: for a step, where its first life ends, its second, and so on.
        """
        self.start(**fail_points)
        end = time.monotonic() + DEADLINE
        while self.running:
            assert time.monotonic() < end, f"{list(self.running)} did not end"
            self.look_after()
            time.sleep(0.01)
        return self.deaths

    def start(self, **fail_points: str | Sequence[str]) -> None:
        """Start all steps."""
        create_topics(self.platform.kafka, self.plan.topics)
        self.left = {
            label: [given] if isinstance(given, str) else list(given)
            for label, given in fail_points.items()
        }
        for step in self.plan.steps:
            self._start(step)

    def start_again(self, label: str) -> None:
        """Start a second process of a step, whatever the first one does."""
        self._start(self.step(label))

    def look_after(self) -> None:
        """Start again what a fail point has killed."""
        for label, process in list(self.running.items()):
            code = process.poll()
            if code == -9:
                self.deaths[label] += 1
                self._start(self.step(label))
            elif code is not None:
                assert code == 0, f"{label} exited {code}:\n{self.log(label)}"
                del self.running[label]

    def log(self, label: str) -> str:
        """What a step's processes have said."""
        return (self.folder / f"{label}.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """Leave nothing behind."""
        for process in self.running.values():
            process.kill()
            process.wait()
        remove_prefix(self.platform.kafka, f"amml.{self.plan.workflow}.")

    def _start(self, step: StepSpec) -> None:
        spec = self.folder / f"{step.label}.json"
        spec.write_text(json.dumps(step.to_json()), encoding="utf-8")
        points = self.left.get(step.label)
        environ = os.environ | {
            "AMML_SPEC": str(spec),
            "AMML_KAFKA": self.platform.kafka,
            "AMML_CONTROL": self.platform.control,
            "AMML_TOKEN_FILE": str(self.platform.home.token_file),
            "AMML_LAKE": lake_of(self.platform),
            "AMML_FAIL_POINT": points.pop(0) if points else "",
            "TMPDIR": str(self.folder),  # who is killed leaves files behind
        }
        with (self.folder / f"{step.label}.log").open("ab") as log:
            self.running[step.label] = subprocess.Popen(
                [sys.executable, "-m", "amml_runtime"], env=environ, stdout=log, stderr=log
            )


Flows: TypeAlias = Callable[..., Flow]


@pytest.fixture(scope="session")
def control(platform: Platform) -> Generator[Control]:
    """The shared platform's control API."""
    with Control(platform.control, platform.token, "test") as control:
        yield control


@pytest.fixture(scope="session")
def amml_at() -> Callable[[Path], Amml]:
    """Run commands on the platform of a folder."""
    return lambda home: lambda *words: run_amml(home, *words)


@pytest.fixture(scope="session")
def amml(platform: Platform, amml_at: Callable[[Path], Amml]) -> Amml:
    """Run a command on the shared platform."""
    return amml_at(platform.home.path)


@pytest.fixture
def name(amml: Amml, control: Control) -> Generator[str]:
    """A workflow name that no other test uses; what has it at the end is removed."""
    name = new_name()
    yield name
    if control.find(f"/workflows/{name}"):
        amml("undeploy", name, "--yes")


def new_name() -> str:
    return f"e{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def flows(
    platform: Platform, control: Control, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Flows]:
    """Plan a text, under a name of its own, to be run by the test."""
    made: list[Flow] = []

    def plan(text: str, choices: Choices | None = None) -> Flow:
        prepared = prepare(control, new_name(), text, choices or Choices())
        flow = Flow(platform, tmp_path_factory.mktemp("flow"), prepared.plan)
        made.append(flow)
        return flow

    yield plan
    for flow in made:
        flow.stop()


@pytest.fixture(scope="session")
def stats() -> str:
    """Three sources and their statistics."""
    return STATS


@pytest.fixture(scope="session")
def undisturbed(flows: Flows) -> Callable[[str], list[Row]]:
    """What `print` reads when nobody dies; each text is run once."""

    @cache
    def rows_of(text: str) -> list[Row]:
        flow = flows(text)
        flow.run()
        return flow.rows()

    return rows_of


@pytest.fixture(scope="session")
def committed_rows(platform: Platform) -> Callable[[str], list[Row]]:
    """The committed rows of a topic."""
    return lambda topic: list(committed(platform.kafka, topic))


@dataclass(frozen=True)
class Names:
    """What the catalogue holds for these tests: ETTh1, its last 2,000 rows, a model of it."""

    file: Path
    source: str
    unseen: str
    shifted: str
    model: str

    @property
    def training(self) -> str:
        """The paper's training."""
        train = f'train_lstm model="{self.model}", epoch={EPOCHS}'
        return f'source id="{self.source}" | minmax_scaler | {train} | print'

    def prediction(self, source: str = "") -> str:
        """The paper's prediction."""
        return (
            f'source id="{source or self.source}" | minmax_scaler | lstm model="{self.model}" | '
            "minmax_inverse | eval err = abs(OT - OT_pred) | print"
        )


@pytest.fixture(scope="session")
def etth1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ETTh1 from the folder that AMML_DATA names; where it is absent a series like it."""
    folder = Path(os.environ.get("AMML_DATA") or ROOT.parent / "shared" / "data")
    if (folder / "ETTh1.csv").is_file():
        return folder / "ETTh1.csv"
    made = tmp_path_factory.mktemp("data") / "ett-like.csv"
    write_series(made)
    return made


@pytest.fixture(scope="session")
def names(amml: Amml, etth1: Path, tmp_path_factory: pytest.TempPathFactory) -> Names:
    """The sources and the model, put there by the real commands."""
    folder = tmp_path_factory.mktemp("catalogue")
    head, *lines = etth1.read_text(encoding="utf-8").splitlines()
    (folder / "unseen.csv").write_text("\n".join([head, *lines[-2000:]]), encoding="utf-8")
    above = (_shifted(line) for line in lines[:2000])
    (folder / "shifted.csv").write_text("\n".join([head, *above]), encoding="utf-8")
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    own = new_name()
    files = {own: etth1, f"{own}u": folder / "unseen.csv", f"{own}s": folder / "shifted.csv"}
    for source, file in files.items():
        ran = amml("source", "add", source, "--file", str(file), "--time", "date")
        assert ran.code == 0, ran.err
    ran = amml("model", "add", f"{own}:0.1", str(folder / "model.yaml"))
    assert ran.code == 0, ran.err
    source, unseen, shifted = files
    return Names(etth1, source, unseen, shifted, f"{own}:0.1")


def _shifted(line: str) -> str:
    """A row whose loads and oil temperature all lie 100 above those of the file."""
    time, *values = line.split(",")
    return ",".join([time, *(str(float(value) + 100) for value in values)])


@dataclass(frozen=True)
class Trained:
    """A training that was killed three times, and what it left."""

    names: Names
    flow: Flow
    deaths: Counter[str]


@pytest.fixture(scope="session")
def trained(names: Names, flows: Flows) -> Trained:
    """A model of ETTh1; its trainer died before and after epoch 7 was kept, and at the very end."""
    flow = flows(names.training)
    deaths = flow.run(train_lstm=["epoch:7", "after_commit", "before_commit"])
    return Trained(names, flow, deaths)
