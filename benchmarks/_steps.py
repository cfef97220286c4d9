"""What the benchmarks of the runtime share: a broker, topics, step processes, CPU seconds."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import psutil
from confluent_kafka import Producer

from amml_runtime import wire
from amml_runtime.admin import create_topics
from amml_runtime.batch import Batch
from amml_runtime.component import Origin
from amml_runtime.ledger import Writer
from amml_runtime.settings import SMALL
from amml_runtime.spec import InputSpec, OutputSpec, StepSpec, TopicSpec
from amml_runtime.state import State
from amml_runtime.wire import EndMark

DEADLINE = 180.0


def broker() -> str:
    """The broker to measure on: `AMML_KAFKA`, or the running platform's."""
    given = os.environ.get("AMML_KAFKA")
    if given:
        return given
    try:
        return json.loads((home() / "platform.json").read_text(encoding="utf-8"))["kafka"]
    except FileNotFoundError:
        sys.exit("no broker: run `amml up` first, or set AMML_KAFKA")


def home() -> Path:
    """The platform's folder."""
    return Path(os.environ.get("AMML_HOME", Path.home() / ".amml"))


def new_name() -> str:
    """A workflow name nobody has."""
    return f"bench-{uuid.uuid4().hex[:8]}"


def spec(workflow: str, label: str, component: str, source: str, **more: Any) -> StepSpec:
    """The specification of one step that reads the topic `source`."""
    made = StepSpec(
        "amml", workflow, 1, label, "process", component, f"id-{label}",
        inputs=(InputSpec(source, "input"),), bounded=True,
    )  # fmt: skip
    return replace(made, output=OutputSpec(made.name), **more)


def make_topics(kafka: str, step: StepSpec) -> None:
    """The topics of one step."""
    assert step.changelog and step.output
    compact = {"cleanup.policy": "compact"}
    topics = [TopicSpec(step.output.topic, 1), TopicSpec(step.changelog, 1, compact)]
    create_topics(kafka, [*topics, TopicSpec(step.dead_letters, 1)])


def fill(kafka: str, topic: str, batch: Batch, times: int) -> None:
    """Write a batch several times, as a source would, and the end mark."""
    create_topics(kafka, [TopicSpec(topic, 1)])
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    writer, at = Writer(State(), 0, 0), 0
    for _ in range(times):
        messages = [value for _, value in wire.encode(batch) if value is not None]
        origin = Origin("made", 0, at, at + batch.rows)
        for value, stamp in zip(messages, writer.stamps(origin, len(messages)), strict=True):
            send(producer, topic, value, stamp.headers("made"))
        at += batch.rows
    send(producer, topic, None, EndMark(1, 0, 1).headers())
    producer.flush()


def send(
    producer: Producer,
    topic: str,
    value: bytes | None,
    headers: Any = None,
    key: bytes | None = None,
) -> None:
    """Send one message, waiting while the queue is full."""
    while True:
        try:
            producer.produce(topic, value, key, partition=0, headers=headers)
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.1)


class Failed(Exception):
    """A process did not do what it was started for; the message is what it printed last."""


class Measured:
    """A process, pinned to one core unless told otherwise; its CPU counts from `ready` on."""

    def __init__(
        self, command: list[str], environ: dict[str, str], log: Path, pin: bool = True
    ) -> None:
        self.command, self.environ, self.log = command, environ, log
        with log.open("wb") as out, _pinned(pin):
            self.process = subprocess.Popen(
                command, env=os.environ | environ, stdout=out, stderr=subprocess.STDOUT
            )
        self.started = self._began = time.time()
        self._before = 0.0

    def ready(self) -> Self:
        """Wait until it says so; `Failed` when it ends before, or takes too long."""
        end = time.monotonic() + DEADLINE
        while b"ready" not in self.log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failed(self.said())
            time.sleep(0.001)
        self._began = time.time()
        self._before = _cpu(self.process.pid)
        return self

    @property
    def began(self) -> float:
        """When it was ready."""
        return self._began

    def said(self) -> str:
        """The last lines it has printed."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-20:])

    def finish(self) -> tuple[float, float]:
        """Wait for the end; CPU seconds and wall seconds since it was ready."""
        end = time.monotonic() + DEADLINE
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        while not pid:
            if time.monotonic() > end:
                raise Failed(self.said())
            time.sleep(0.002)
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            raise Failed(self.said())
        return usage.ru_utime + usage.ru_stime - self._before, time.time() - self._began

    def stop(self) -> None:
        """Tell it to end in order."""
        self.process.terminate()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def _pinned(pin: bool) -> Generator[None]:
    """Processes started inside are born on core 0, so that all their threads stay there."""
    if not pin:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {0})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def start_step(
    kafka: str, step: StepSpec, folder: Path, pin: bool = True, wait: bool = True
) -> Measured:
    """Start the one process of a step, and wait until it is ready."""
    file = folder / f"{step.label}.json"
    file.write_text(json.dumps(step.to_json()), encoding="utf-8")
    environ = {**SMALL, "AMML_SPEC": str(file), "AMML_KAFKA": kafka}
    log = folder / f"{step.label}.log"
    started = Measured([sys.executable, "-m", "amml_runtime"], environ, log, pin)
    return started.ready() if wait else started


def _cpu(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system
