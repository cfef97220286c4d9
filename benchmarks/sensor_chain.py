"""A day of 10,000 sensors through `period | gaps | impute | window | anomaly`, a process each.

    amml up
    .venv/bin/python benchmarks/sensor_chain.py                # 14.4 million rows
    .venv/bin/python benchmarks/sensor_chain.py --minutes 180

A row a sensor and minute of event time, 1 % of them missing, as fast as they go, exactly once.
Prints the memory of each process after every hour of event time, then rows per CPU second of all
five together, and beside it of a plain Python loop with river that does the same without Kafka, in
one process, and forgets all in a crash.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import _steps
import numpy as np
import psutil
import pyarrow as pa
from _steps import Measured, broker, make_topics, new_name, spec
from confluent_kafka import Producer
from numpy.typing import NDArray

from amml_runtime import wire
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.component import Origin
from amml_runtime.ledger import Writer
from amml_runtime.settings import SMALL
from amml_runtime.spec import StepSpec, TopicSpec
from amml_runtime.state import State
from amml_runtime.testing import words
from amml_runtime.wire import EndMark

Floats: TypeAlias = NDArray[np.float64]

CHAIN = "period | gaps | impute of=value | window size=5m, of=value | anomaly of=value_mean"
LATE_SECONDS = 900  # a row that was missing comes when the next one tells so
MINUTE, START = 60_000_000, 1_767_225_600_000_000
HOUR = 60  # minutes


@dataclass(frozen=True)
class Sensors:
    """Sensors that send once a minute, one after the other: a cycle, noise, sometimes nothing."""

    keys: int

    def minute(self, number: int) -> Batch:
        """The rows of one minute."""
        random = np.random.Generator(np.random.Philox(key=1, counter=[0, 0, number, 0]))
        cycle = 5 * np.sin(2 * np.pi * number / 1440)
        values = np.round(20 + cycle + random.normal(0, 0.5, self.keys), 2)
        there = np.flatnonzero(random.random(self.keys) >= 0.01)
        times = START + number * MINUTE + there * (MINUTE // self.keys)
        columns = {
            "_time": pa.array(times, TIME_TYPE),
            "_key": [f"s{key}" for key in there.tolist()],
        }
        return Batch(pa.RecordBatch.from_pydict({**columns, "value": values[there]}))


class Source:
    """Writes minutes to a topic, as a source step does."""

    def __init__(self, kafka: str, topic: str) -> None:
        create_topics(kafka, [TopicSpec(topic, 1)])
        self._producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
        self._writer, self._topic, self.rows = Writer(State(), 0, 0), topic, 0

    def send(self, batch: Batch) -> None:
        messages = [value for _, value in wire.encode(batch) if value is not None]
        origin = Origin("made", 0, self.rows, self.rows + batch.rows)
        for value, stamp in zip(messages, self._writer.stamps(origin, len(messages)), strict=True):
            _steps.send(self._producer, self._topic, value, stamp.headers("made"))
        self.rows += batch.rows

    def end(self) -> None:
        _steps.send(self._producer, self._topic, None, EndMark(1, 0, 1).headers())
        self._producer.flush()


@dataclass(frozen=True)
class Running:
    """A step at work, and where its figures are."""

    label: str
    process: Measured
    port: int

    def figures(self) -> dict[str, float]:
        """What it tells Prometheus."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            lines = [line.split() for line in answer.read().decode().splitlines()]
        return {line[0]: float(line[1]) for line in lines if len(line) == 2}

    def megabytes(self) -> float:
        """Its memory, shared libraries included."""
        return psutil.Process(self.process.process.pid).memory_info().rss / 1e6


def specs(workflow: str, source: str) -> Iterator[StepSpec]:
    """The steps of the chain, each reading the one before it."""
    for word, arguments in words(CHAIN):
        place = f"amml_progress.{word}:{word.capitalize()}"
        options = {"lateness": LATE_SECONDS} if word == "window" else {}
        step = spec(workflow, word, place, source, arguments=arguments, options=options)
        yield step
        source = step.name


def start(kafka: str, step: StepSpec, folder: Path) -> Running:
    """A step's process on any core, telling its figures on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    file = folder / f"{step.label}.json"
    file.write_text(_steps.json.dumps(step.to_json()), encoding="utf-8")
    environ = {**SMALL, "AMML_SPEC": str(file), "AMML_KAFKA": kafka, "AMML_METRICS_PORT": str(port)}
    command = [sys.executable, "-m", "amml_runtime"]
    process = Measured(command, environ, folder / f"{step.label}.log", pin=False)
    return Running(step.label, process.ready(), port)


def settled(steps: Sequence[Running], sent: int) -> bool:
    """Whether each step has read all that the one before it wrote."""
    for step in steps:
        found = step.figures()
        if found["amml_rows_in_total"] < sent:
            return False
        sent = int(found["amml_rows_out_total"])
    return True


def through(kafka: str, sensors: Sensors, minutes: int, folder: Path) -> float:
    """Rows per CPU second of the five processes; prints their memory on the way."""
    name = new_name()
    source = Source(kafka, f"amml.{name}.r1.input")
    with ExitStack() as stack:
        stack.callback(remove_prefix, kafka, f"amml.{name}.")
        steps: list[Running] = []
        for step in specs(name, f"amml.{name}.r1.input"):
            make_topics(kafka, step)
            steps.append(start(kafka, step, folder))
            stack.callback(steps[-1].process.kill)
        print("megabytes  " + "  ".join(f"{step.label:>8}" for step in steps), flush=True)
        memory = [each for each in by_hour(steps, source, sensors, minutes)]
        refused = [int(step.figures()["amml_dead_letters_total"]) for step in steps]
        source.end()
        used = [step.process.finish()[0] for step in steps]
    report(steps, memory, used, source.rows, refused)
    return source.rows / sum(used)


def by_hour(
    steps: Sequence[Running], source: Source, sensors: Sensors, minutes: int
) -> Iterator[list[float]]:
    """The memory of each step when it has read an hour more, the last perhaps a shorter one."""
    for hour, first in enumerate(range(0, minutes, HOUR), 1):
        for minute in range(first, min(first + HOUR, minutes)):
            source.send(sensors.minute(minute))
        while not settled(steps, source.rows):
            time.sleep(0.2)
        found = [step.megabytes() for step in steps]
        print(f"hour {hour:4}  " + "  ".join(f"{each:8.0f}" for each in found), flush=True)
        yield found


def report(
    steps: Sequence[Running],
    memory: Sequence[Sequence[float]],
    used: Sequence[float],
    rows: int,
    refused: Sequence[int],
) -> None:
    """What it cost, and whether memory stayed where it was from the second hour on."""
    print("us a row   " + "  ".join(f"{each / rows * 1e6:8.2f}" for each in used))
    print("dead       " + "  ".join(f"{each:8}" for each in refused))
    if len(memory) > 2:
        grown = [max(later) / second for second, *later in zip(*memory[1:], strict=True)]
        print("largest over the second hour's " + ", ".join(f"{each:.2f}" for each in grown))
    print(f"{', '.join(step.label for step in steps)}: {rows:,} rows, {sum(used):.1f} CPU s")


def plain_loop(sensors: Sensors, minutes: int) -> float:
    """Rows per CPU second of river's parts in a loop, as one writes it by hand: all in memory."""
    from river.anomaly import GaussianScorer
    from river.stats import Mean

    rows = [row for minute in range(minutes) for row in sensors.minute(minute).to_rows()]
    began = time.process_time()
    last: dict[str, tuple[float, float]] = {}
    means: dict[str, tuple[int, Any]] = {}
    scorers: dict[str, Any] = {}
    for row in rows:
        key, at, value = row["_key"], row["_time"].timestamp(), row["value"]
        for moment, each in bridged(last.get(key), at, value):
            window, mean = means.get(key, (0, None))
            if mean is None or moment // 300 != window:
                if mean is not None:
                    scorer = scorers.setdefault(
                        key, GaussianScorer(window_size=50, grace_period=10)
                    )
                    scorer.score_one(None, mean.get())
                    scorer.learn_one(None, mean.get())
                window, mean = int(moment // 300), Mean()
                means[key] = window, mean
            mean.update(each)
        last[key] = at, value
    return len(rows) / (time.process_time() - began)


def bridged(
    before: tuple[float, float] | None, at: float, value: float
) -> Iterator[tuple[float, float]]:
    """A value, after those that are missing before it, on the line between."""
    steps = round((at - before[0]) / 60) if before else 1
    for step in range(1, steps):
        assert before
        share = step / steps
        yield before[0] + share * (at - before[0]), before[1] + share * (value - before[1])
    yield at, value


def main() -> None:
    """Measure the chain, then the loop, and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=1440)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--plain-minutes", type=int, default=20)
    given = parser.parse_args()
    sensors = Sensors(given.keys)
    with tempfile.TemporaryDirectory() as folder:
        ours = through(broker(), sensors, given.minutes, Path(folder))
    plain = statistics.median(plain_loop(sensors, given.plain_minutes) for _ in range(3))
    print(f"{ours:,.0f} rows per CPU second (target 50,000)")
    print(f"{plain:,.0f} of the loop: {ours / plain:.2f} times as many")


if __name__ == "__main__":
    main()
