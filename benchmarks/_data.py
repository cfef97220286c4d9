"""The rows that every system is given, and what each workload must make of them.

The expected results are computed with NumPy alone; no system's code has a part in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import _steps
import numpy as np
import orjson
import pyarrow as pa
from confluent_kafka import Producer
from numpy.typing import NDArray

from amml_runtime import wire
from amml_runtime.admin import create_topics
from amml_runtime.batch import KEY, TIME, TIME_TYPE, Batch
from amml_runtime.component import Origin
from amml_runtime.ledger import Writer
from amml_runtime.spec import TopicSpec
from amml_runtime.state import State
from amml_runtime.wire import EndMark

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
KEYS, BLOCK = 10_000, 100_000
WARM_OT = 12.0

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """How many rows come out, and the sum of the new column."""

    rows: int
    total: float


@cache
def block() -> Batch:
    """ETTh1-shaped rows: seven loads and temperatures an hour, of 10,000 stations in any order.

    Like ETTh1's, the numbers have three decimals and went through 32 bits, so that most take 16
    digits or more as text.
    """
    random = np.random.default_rng(1)
    keys = random.permutation(np.arange(BLOCK) % KEYS)
    made = {name: _rounded(random.normal(20, 8, BLOCK)) for name in COLUMNS}
    times = pa.array(np.arange(BLOCK) * 3_600_000_000 + 1_467_331_200_000_000, TIME_TYPE)
    columns = {TIME: times, KEY: [f"k{key}" for key in keys], **made}
    return Batch(pa.RecordBatch.from_pydict(columns))


def _rounded(numbers: Floats) -> Floats:
    return np.round(numbers, 3).astype(np.float32).astype(np.float64)


def expected(workload: str, count: int) -> Expected:
    """The result for the first `count` rows, the block taken again and again."""
    values = np.resize(block().column("OT").to_numpy(), count)
    if workload == "mean":
        return Expected(count, float(_means(values).sum()))
    kept = values[values > WARM_OT] if workload == "filter" else values
    return Expected(len(kept), float((kept * 1.8 + 32).sum()))


def _means(values: Floats) -> Floats:
    """The mean of each key's values up to each row."""
    keys = np.resize(np.array(block().keys.to_pylist()), len(values))
    order = np.argsort(keys, kind="stable")
    ordered, sums = keys[order], np.cumsum(values[order])
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[first, len(values)])
    before = np.repeat(np.r_[0.0, sums[first[1:] - 1]], sizes)
    number = np.arange(len(values)) - np.repeat(first, sizes) + 1
    return (sums - before) / number


@cache
def messages(count: int = BLOCK) -> Sequence[tuple[bytes, bytes]]:
    """The first rows of the block as messages: key and value."""
    rows = block().slice(0, count).to_rows()
    return [(row.pop(KEY).encode(), orjson.dumps(row, option=orjson.OPT_UTC_Z)) for row in rows]


def fill_json(kafka: str, topic: str, count: int) -> None:
    """Write rows as JSON, one a message, keyed."""
    create_topics(kafka, [TopicSpec(topic, 1)])
    producer, made = Producer({"bootstrap.servers": kafka, "linger.ms": 5}), messages()
    for at in range(count):
        key, value = made[at % BLOCK]
        _steps.send(producer, topic, value, key=key)
    producer.flush()


def fill_arrow(kafka: str, topic: str, count: int) -> None:
    """Write rows as a source step of ours does: Arrow batches, numbered, and the end mark."""
    create_topics(kafka, [TopicSpec(topic, 1)])
    producer, writer = Producer({"bootstrap.servers": kafka, "linger.ms": 5}), Writer(State(), 0, 0)
    for at in range(0, count, BLOCK):
        part = block().slice(0, min(BLOCK, count - at))
        messages = [value for _, value in wire.encode(part) if value is not None]
        origin = Origin("made", 0, at, at + part.rows)
        for value, stamp in zip(messages, writer.stamps(origin, len(messages)), strict=True):
            _steps.send(producer, topic, value, stamp.headers("made"))
    _steps.send(producer, topic, None, EndMark(1, 0, 1).headers())
    producer.flush()
