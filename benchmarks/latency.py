"""Five steps at 1,000 records a second: time from a row's production to its last topic.

    .venv/bin/python benchmarks/latency.py

Beside it, in the same run, the same chain as five plain confluent-kafka loops without
transactions. Prints p50 and p99 in milliseconds of each run, and the medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import _steps
import orjson
from confluent_kafka import Consumer, Producer

from amml_runtime import tail
from amml_runtime.admin import create_topics, remove_prefix
from amml_runtime.spec import InputSpec, StepSpec, TopicSpec
from amml_runtime.testing import words

STEPS = 5
WARM_SECONDS = 5.0


def chain(workflow: str, source: str) -> list[StepSpec]:
    """A JSON topic in, and four steps behind it."""
    first = _steps.spec(workflow, "topic", "amml_ingress.topic:Topic", source)
    steps = [_unbounded(first, InputSpec(source, "", format="json", foreign=True))]
    steps[0] = _with(steps[0], 'topic name="bench.in"')
    for number in range(1, STEPS):
        before = steps[-1].output
        assert before is not None
        label = f"eval_{number}"
        step = _steps.spec(workflow, label, "amml_progress.eval:Eval", before.topic)
        step = _with(step, f"eval x{number} = sent + {number}")
        steps.append(_unbounded(step, InputSpec(before.topic, label)))
    return steps


def _with(step: StepSpec, text: str) -> StepSpec:
    return StepSpec.from_json(step.to_json() | {"arguments": words(text)[0][1]})


def _unbounded(step: StepSpec, source: InputSpec) -> StepSpec:
    made = StepSpec.from_json(step.to_json() | {"inputs": [], "bounded": False})
    return StepSpec.from_json(made.to_json() | {"inputs": [source.__dict__]})


def load(kafka: str, topic: str, rate: int, seconds: float) -> None:
    """Send `rate` records a second, each with the time it was sent."""
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 1})
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            producer.poll(0)
            time.sleep(wait)
        producer.produce(topic, orjson.dumps({"n": number, "sent": time.time()}), partition=0)
    producer.flush()


def measure(kafka: str, topic: str, source: str, rate: int, seconds: float) -> list[float]:
    """Milliseconds of every record, from `source` to the last topic, warm-up left out."""
    warm = rate * WARM_SECONDS
    expected = int(rate * (seconds + WARM_SECONDS))
    sender = threading.Thread(target=load, args=(kafka, source, rate, seconds + WARM_SECONDS))
    rows, found = tail.follow(kafka, topic, last=0), list[float]()
    sender.start()
    for row in rows:
        if row["n"] >= warm:
            found.append((time.time() - row["sent"]) * 1000)
        if row["n"] >= expected - 1:
            break
    sender.join()
    return found


def exactly_once(kafka: str, rate: int, seconds: float, folder: Path) -> list[float]:
    """The chain of step processes."""
    name = _steps.new_name()
    source = f"{name}.in"
    create_topics(kafka, [TopicSpec(source, 1)])
    steps = chain(name, source)
    for step in steps:
        _steps.make_topics(kafka, step)
    running = [_steps.start_step(kafka, step, folder, pin=False) for step in steps]
    assert steps[-1].output is not None
    try:
        return measure(kafka, steps[-1].output.topic, source, rate, seconds)
    finally:
        for each in running:
            each.process.terminate()
            each.process.wait(30)
        remove_prefix(kafka, f"amml.{name}.")
        remove_prefix(kafka, source)


def plain(kafka: str, rate: int, seconds: float) -> list[float]:
    """The chain of plain loops."""
    name = f"{_steps.new_name()}."
    topics = [f"{name}{number}" for number in range(STEPS + 1)]
    create_topics(kafka, [TopicSpec(topic, 1) for topic in topics])
    command = [sys.executable, __file__, "--plain", kafka]
    running = [
        subprocess.Popen([*command, *topics[number : number + 2]]) for number in range(STEPS)
    ]
    time.sleep(5)  # the groups of five consumers form
    try:
        return measure(kafka, topics[-1], topics[0], rate, seconds)
    finally:
        for each in running:
            each.terminate()
            each.wait(30)
        remove_prefix(kafka, name)


def plain_loop(kafka: str, source: str, target: str) -> None:
    """JSON in, one more column, JSON out; no transaction."""
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": f"of-{source}", "auto.offset.reset": "earliest",
         "enable.auto.commit": False}
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 1})
    consumer.subscribe([source])
    while True:
        for message in consumer.consume(1, timeout=1) + consumer.consume(1000, timeout=0):
            row = orjson.loads(message.value() or b"")
            row[f"x{os.getpid()}"] = row["sent"] + 1
            producer.produce(target, orjson.dumps(row), partition=0)
        producer.poll(0)


def percentiles(values: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[98]


def main() -> None:
    """Run both chains in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--plain", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        return plain_loop(*options.plain)
    kafka = _steps.broker()
    figures: list[tuple[float, ...]] = []
    print("run   exactly once p50, p99 (ms)   no transactions p50, p99 (ms)")
    with tempfile.TemporaryDirectory() as folder:
        for run in range(1, options.runs + 1):
            ours = percentiles(exactly_once(kafka, options.rate, options.seconds, Path(folder)))
            theirs = percentiles(plain(kafka, options.rate, options.seconds))
            figures.append(ours + theirs)
            print(f"{run:3}   {ours[0]:10.0f} {ours[1]:6.0f}   {theirs[0]:21.1f} {theirs[1]:6.1f}")
    medians = [statistics.median(column) for column in zip(*figures, strict=True)]
    print(
        f"median p50 {medians[0]:.0f} ms (target < 80), p99 {medians[1]:.0f} ms (target < 200); "
        f"without transactions {medians[2]:.1f} and {medians[3]:.1f} ms"
    )


if __name__ == "__main__":
    main()
