"""Throughput: a topic full of records is drained on one core; CPU and wall seconds count."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import _data
import _steps
import orjson
import pyarrow.compute as pc
from _systems import Running, System, Work
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from amml_deploy.platform.home import Home
from amml_runtime import wire
from amml_runtime.admin import Admin
from amml_runtime.errors import Unavailable

RTOL = 1e-9
COLUMNS = {"mean": "OT_mean"}  # the new column; in all other workloads it is fahrenheit


@dataclass(frozen=True)
class Drained:
    """What one drain has shown: records a CPU second and a wall second, bytes left a record.

    `each_cpu` are the CPU seconds of each process, in the order of the chain.
    """

    per_cpu: float
    per_wall: float
    bytes: float | None
    each_cpu: list[float]


@dataclass(frozen=True)
class Found:
    """What lies in an output topic."""

    rows: int
    total: float
    last: float  # when the last message was written


def drain(
    system: System, workload: str, kafka: str, inputs: str, folder: Path, divide: int
) -> Drained:
    """Let a system drain its input, check what came out, and clean up.

    Parameters:
        inputs: the name that the input topics begin with (`fill`).
        divide: divides the number of records.
    Errors: `Failed`, it stopped, took too long, or its result is wrong.
    """
    count, warm = (size // divide for size in system.sizes(workload))
    source = input_of(inputs, system.input, count)
    place = folder / _steps.new_name()
    place.mkdir()
    work = Work(kafka, place.name, workload, source, count, warm, place)
    running: Running | None = None
    try:
        running = system.start(work)
        return _measured(system, work, running)
    finally:
        for process in running.processes if running else ():
            process.kill()
        remove(kafka, work.name)
        shutil.rmtree(place)


def input_of(inputs: str, form: str, count: int) -> str:
    """The topic with so many records."""
    return f"{inputs}.{form}.{count}"


def fill(kafka: str, inputs: str, form: str, count: int) -> None:
    """Write the topic that `input_of` names."""
    write = _data.fill_json if form == "json" else _data.fill_arrow
    write(kafka, input_of(inputs, form, count), count)


def _measured(system: System, work: Work, running: Running) -> Drained:
    expected = _data.expected(work.workload, work.count)
    for process in running.processes:
        process.ready()
    began = running.processes[0].began
    if not running.ends:
        _wait(work.kafka, running.target, expected.rows)
        for process in running.processes:
            process.stop()
    each = [process.finish()[0] for process in running.processes]
    found = _read(work.kafka, running.target, COLUMNS.get(work.workload, "fahrenheit"))
    _check(found, expected)
    measured = work.count - work.warm
    left = _bytes(work.name)
    return Drained(
        measured / sum(each),
        measured / (found.last - began),
        None if left is None else left / work.count,
        each,
    )


def _check(found: Found, expected: _data.Expected) -> None:
    near = abs(found.total - expected.total) <= RTOL * abs(expected.total)
    if found.rows != expected.rows or not near:
        raise _steps.Failed(f"the result is wrong: {found}, expected {expected}")


def _messages(kafka: str, topic: str) -> Iterator[list[Message]]:
    """The committed messages of a topic as they come, for ever; none for each moment without."""
    reader = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"{topic}.reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 5,
        }
    )
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    try:
        while True:
            yield reader.consume(10_000, timeout=0.1)
    finally:
        reader.close()


def _is_arrow(message: Message) -> bool:
    return any(name == "amml-v" for name, _ in message.headers() or ())


def _wait(kafka: str, topic: str, rows: int) -> None:
    """Wait until a topic of Arrow batches has so many rows."""
    end, seen = time.monotonic() + _steps.DEADLINE, 0
    for messages in _messages(kafka, topic):
        seen += sum(_rows_of(message) for message in messages)
        if seen >= rows:
            return
        if time.monotonic() > end:
            raise _steps.Failed(f"{seen} of {rows} rows came out in time")


def _rows_of(message: Message) -> int:
    value = message.value()
    return 0 if message.error() or value is None else wire.decode(value).rows


def _read(kafka: str, topic: str, column: str) -> Found:
    """Count the rows of a topic, and sum a column."""
    rows, total, last = 0, 0.0, 0.0
    for message in chain.from_iterable(_messages(kafka, topic)):
        if message.error() is not None:
            break  # the end
        value = message.value()
        if value is None:
            continue  # an end mark
        last = message.timestamp()[1] / 1000
        if _is_arrow(message):
            batch = wire.decode(value)
            rows, total = rows + batch.rows, total + pc.sum(batch.column(column)).as_py()
        else:
            rows, total = rows + 1, total + orjson.loads(value)[column]
    return Found(rows, total, last)


def _bytes(name: str) -> int | None:
    """The bytes in all topics of a piece of work, where the broker's folder can be seen."""
    folder = _kafka_folder()
    if folder is None:
        return None
    return sum(file.stat().st_size for file in folder.glob(f"*{name}*/*.log"))


def _kafka_folder() -> Path | None:
    folder = Home(_steps.home()).data("kafka")
    return folder if folder.is_dir() else None


def remove(kafka: str, name: str) -> None:
    """Remove every topic and group of a piece of work."""
    admin = Admin(kafka)
    admin.delete_topics(topic.name for topic in admin.list_topics() if name in topic.name)
    for prefix in ("", "amml.", "plain-", "quix-", "streams-", "faust-"):
        try:
            admin.delete_groups(f"{prefix}{name}")
        except Unavailable:
            pass  # a member that was killed is still counted for some seconds
