"""A keyed running mean, exactly once, against a plain confluent-kafka loop with a dictionary.

    .venv/bin/python benchmarks/keyed.py

`mean_std` of one column for 10,000 keys, its state in the changelog, from Arrow and from JSON
messages; the plain loop keeps its means in memory only, reads and writes JSON, at least once. Each
pinned to one core. Prints rows per CPU second for five runs, and the medians' ratios.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import _steps
import numpy as np
import orjson
import pyarrow as pa
from confluent_kafka import Consumer, Producer, TopicPartition

from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.spec import InputSpec, StepSpec, TopicSpec
from amml_runtime.testing import words

ROWS = 100_000  # different ones, written again and again


def rows(keys: int) -> Batch:
    """Readings of as many sensors as there are keys, in no order."""
    random = np.random.default_rng(1)
    names = pa.array([f"sensor-{n}" for n in random.integers(0, keys, ROWS).tolist()])
    times = pa.array(np.arange(ROWS) * 1_000_000, TIME_TYPE)
    values = pa.array(random.normal(20, 8, ROWS).round(3))
    return Batch(pa.RecordBatch.from_pydict({"_time": times, "_key": names, "value": values}))


def step_of(workflow: str, source: str) -> StepSpec:
    """The step that is measured."""
    return _steps.spec(
        workflow, "mean_std", "amml_progress.mean_std:MeanStd", source,
        arguments=words("mean_std of=value")[0][1],
    )  # fmt: skip


def measure_arrow(kafka: str, batch: Batch, count: int, folder: Path) -> float:
    """Rows per CPU second of the step, from Arrow messages."""
    name = _steps.new_name()
    step = step_of(name, f"amml.{name}.r1.input")
    _steps.fill(kafka, step.inputs[0].topic, batch, count // ROWS)
    _steps.make_topics(kafka, step)
    cpu, _ = _steps.start_step(kafka, step, folder).finish()
    remove_prefix(kafka, f"amml.{name}.")
    return count / cpu


def measure_json(kafka: str, values: list[bytes], keys: list[str], folder: Path) -> float:
    """Rows per CPU second of the step, from JSON messages."""
    name = _steps.new_name()
    source = f"amml.{name}.in"
    fill_json(kafka, source, values, keys)
    json_input = InputSpec(source, "input", format="json", foreign=True)
    step = replace(step_of(name, source), inputs=(json_input,), bounded=False)
    _steps.make_topics(kafka, step)
    measured = _steps.start_step(kafka, step, folder)
    wait_until_read(kafka, step, len(values))
    measured.process.terminate()  # such a topic has no end
    cpu, _ = measured.finish()
    remove_prefix(kafka, f"amml.{name}.")
    return len(values) / cpu


def wait_until_read(kafka: str, step: StepSpec, count: int) -> None:
    """Wait until the step's group stands behind the last record."""
    group = Consumer({"bootstrap.servers": kafka, "group.id": step.name})
    place = TopicPartition(step.inputs[0].topic, 0)
    end = time.monotonic() + _steps.DEADLINE
    while group.committed([place], timeout=10)[0].offset < count:
        assert time.monotonic() < end, "the step did not read it all"
        time.sleep(0.2)
    group.close()


def measure_plain(kafka: str, values: list[bytes], keys: list[str], folder: Path) -> float:
    """Rows per CPU second of the plain loop, in a process of its own."""
    name = f"amml.{_steps.new_name()}."
    fill_json(kafka, f"{name}in", values, keys)
    create_topics(kafka, [TopicSpec(f"{name}out", 1)])
    told = ["--plain", kafka, f"{name}in", f"{name}out", str(len(values))]
    measured = _steps.Measured([sys.executable, __file__, *told], {}, folder / "plain.log")
    cpu, _ = measured.finish()
    remove_prefix(kafka, name)
    return len(values) / cpu


def fill_json(kafka: str, topic: str, values: list[bytes], keys: list[str]) -> None:
    """Write records as others would."""
    create_topics(kafka, [TopicSpec(topic, 1)])
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    for value, key in zip(values, keys, strict=True):
        send(producer, topic, value, key)
    producer.flush()


def send(producer: Producer, topic: str, value: bytes, key: str | bytes | None) -> None:
    """Send one keyed message, waiting while the queue is full."""
    while True:
        try:
            producer.produce(topic, value, key, partition=0)
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.1)


def plain_loop(kafka: str, source: str, target: str, count: int) -> None:
    """What many write by hand: Welford's moments in a dictionary, no transaction."""
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": source, "auto.offset.reset": "earliest",
         "fetch.queue.backoff.ms": 5, "enable.auto.commit": False}
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    consumer.subscribe([source])
    messages, done = consumer.consume(1, timeout=60), 0
    known: dict[bytes | None, tuple[int, float, float]] = {}
    print("ready", flush=True)
    while True:
        for message in messages:
            row, key = orjson.loads(message.value() or b""), message.key()
            n, mean, squares = known.get(key, (0, 0.0, 0.0))
            x, n = row["value"], n + 1
            before, mean = mean, mean + (x - mean) / n
            known[key] = n, mean, squares + (x - before) * (x - mean)
            row["value_mean"] = mean
            row["value_std"] = (known[key][2] / (n - 1)) ** 0.5 if n > 1 else None
            send(producer, target, orjson.dumps(row), key)
        done += len(messages)
        if done >= count:
            break
        messages = consumer.consume(10_000, timeout=0.1)
    producer.flush()
    consumer.close()


def main() -> None:
    """Measure in turns, and print the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--arrow-rows", type=int, default=4_000_000)
    parser.add_argument("--json-rows", type=int, default=600_000)
    parser.add_argument("--plain", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        kafka, source, target, count = options.plain
        return plain_loop(kafka, source, target, int(count))
    kafka, batch, found = _steps.broker(), rows(options.keys), list[tuple[float, ...]]()
    times = options.json_rows // ROWS
    keys = [str(key) for key in batch.keys.to_pylist()] * times
    values = [orjson.dumps({"value": x}) for x in batch.column("value").to_pylist()] * times
    print("run   from Arrow (rows/CPU s)   from JSON   plain JSON loop")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for run in range(1, options.runs + 1):
            arrow = measure_arrow(kafka, batch, options.arrow_rows, folder)
            json = measure_json(kafka, values, keys, folder)
            plain = measure_plain(kafka, values, keys, folder)
            found.append((arrow, json, plain))
            print(f"{run:3}   {arrow:23,.0f}   {json:9,.0f}   {plain:15,.0f}", flush=True)
    arrow, json, plain = map(statistics.median, zip(*found, strict=True))
    print(f"against the plain loop: Arrow {arrow / plain:.2f}, JSON {json / plain:.2f}")


if __name__ == "__main__":
    main()
