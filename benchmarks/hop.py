"""One hop, exactly once, against a plain confluent-kafka JSON loop at least once, in one run.

    .venv/bin/python benchmarks/hop.py

Both add one computed column to ETTh1-shaped rows, topic to topic, pinned to one core. Prints
records per CPU second of each, and their ratio, for five runs and their median.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import _steps
import numpy as np
import orjson
import pyarrow as pa
from confluent_kafka import Consumer, Producer

from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.spec import TopicSpec
from amml_runtime.testing import words

COLUMNS = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
SCRIPT = "eval fahrenheit = OT * 1.8 + 32"
BATCH_ROWS = 10_000


def rows() -> Batch:
    """Rows shaped like ETTh1's: seven loads and temperatures an hour."""
    random = np.random.default_rng(1)
    columns = {name: pa.array(random.normal(20, 8, BATCH_ROWS)) for name in COLUMNS}
    times = pa.array(np.arange(BATCH_ROWS) * 3_600_000_000, TIME_TYPE)
    return Batch(pa.RecordBatch.from_pydict({"_time": times, **columns}))


def measure_arrow(kafka: str, batch: Batch, count: int, folder: Path) -> float:
    """Records per CPU second of one step process."""
    name = _steps.new_name()
    _steps.fill(kafka, f"amml.{name}.r1.input", batch, count // BATCH_ROWS)
    step = _steps.spec(
        name, "eval", "amml_progress.eval:Eval", f"amml.{name}.r1.input",
        arguments=words(SCRIPT)[0][1],
    )  # fmt: skip
    _steps.make_topics(kafka, step)
    cpu, _ = _steps.start_step(kafka, step, folder).finish()
    remove_prefix(kafka, f"amml.{name}.")
    return count / cpu


def measure_json(kafka: str, batch: Batch, count: int, folder: Path) -> float:
    """Records per CPU second of the plain loop, in a process of its own."""
    name = f"amml.{_steps.new_name()}."
    create_topics(kafka, [TopicSpec(f"{name}in", 1), TopicSpec(f"{name}out", 1)])
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    values = [orjson.dumps(row) for row in batch.to_rows()]
    for at in range(count):
        _steps.send(producer, f"{name}in", values[at % BATCH_ROWS])
    producer.flush()
    command = [sys.executable, __file__, "--plain", kafka, f"{name}in", f"{name}out", str(count)]
    cpu, _ = _steps.Measured(command, {}, folder / "plain.log").ready().finish()
    remove_prefix(kafka, name)
    return count / cpu


def plain_loop(kafka: str, source: str, target: str, count: int) -> None:
    """What many write by hand: JSON in, JSON out, no transaction."""
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": source, "auto.offset.reset": "earliest",
         "fetch.queue.backoff.ms": 5, "enable.auto.commit": False}
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    consumer.subscribe([source])
    first, done = consumer.consume(1, timeout=60), 0
    print("ready", flush=True)
    messages = first
    while True:
        for message in messages:
            row = orjson.loads(message.value() or b"")
            row["fahrenheit"] = row["OT"] * 1.8 + 32
            _steps.send(producer, target, orjson.dumps(row))
        done += len(messages)
        if done >= count:
            break
        messages = consumer.consume(10_000, timeout=0.1)
    producer.flush()
    consumer.close()


def main() -> None:
    """Measure in turns, and print the ratio of each pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--arrow-rows", type=int, default=4_000_000)
    parser.add_argument("--json-rows", type=int, default=400_000)
    parser.add_argument("--plain", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        kafka, source, target, count = options.plain
        return plain_loop(kafka, source, target, int(count))
    kafka, batch, ratios = _steps.broker(), rows(), list[float]()
    print("run   one hop (rec/CPU s)   plain JSON loop   ratio")
    with tempfile.TemporaryDirectory() as folder:
        for run in range(1, options.runs + 1):
            arrow = measure_arrow(kafka, batch, options.arrow_rows, Path(folder))
            plain = measure_json(kafka, batch, options.json_rows, Path(folder))
            ratios.append(arrow / plain)
            print(f"{run:3}   {arrow:19,.0f}   {plain:15,.0f}   {ratios[-1]:5.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} (target: 2.5)")


if __name__ == "__main__":
    main()
