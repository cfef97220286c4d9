"""Rows into HDFS, exactly once, against a plain loop that writes the same files, on one core each.

    .venv/bin/python benchmarks/lake_sink.py

Both read the same topic of rows with a time and eight floats, and write Parquet of 64 MiB with zstd
to the HDFS of the running platform, by day. The plain loop (confluent-kafka, pyarrow, hdfs) has no
commit: what it writes stands under its final name at once, half of it after a crash, and a restart
writes it again. Prints rows a second on the wall and a CPU second, and the ratio of each pair.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

import _steps
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from hdfs import InsecureClient

from amml_lake.data_set import DataSet
from amml_lake.stores import open_store
from amml_runtime import wire
from amml_runtime.admin import remove_prefix
from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.testing import words

ROWS = 500_000  # so many that no row group holds a value twice, which zstd would find
TARGET = 200_000
SIZE = 64 << 20


def rows() -> Batch:
    """Seconds with eight floats, which no encoding makes much smaller."""
    random = np.random.default_rng(1)
    columns = {f"s{n}": pa.array(random.normal(20, 8, ROWS)) for n in range(8)}
    times = pa.array(np.arange(ROWS) * 1_000_000, TIME_TYPE)
    return Batch(pa.RecordBatch.from_pydict({"_time": times, **columns}))


def measure_sink(kafka: str, topic: str, webhdfs: str, count: int, folder: Path) -> list[float]:
    """Rows a second and a CPU second of `to_lake`; what it wrote is counted."""
    name = _steps.new_name()
    step = _steps.spec(
        name, "to_lake", "amml_egress.to_lake:ToLake", topic, mode="write",
        arguments=words(f'to_lake name="{name}"')[0][1],
    )  # fmt: skip
    _steps.make_topics(kafka, step)
    lake = f"webhdfs://{webhdfs.partition('://')[2]}/benchmark"
    os.environ["AMML_LAKE"] = lake
    cpu, wall = _steps.start_step(kafka, step, folder).finish()
    data_set = DataSet(open_store(lake), name)
    written = data_set.live().rows
    assert written == count, f"{written} rows of {count}"
    data_set.store.delete("")
    remove_prefix(kafka, f"amml.{name}.")
    return [count / wall, count / cpu]


def measure_plain(kafka: str, topic: str, webhdfs: str, count: int, folder: Path) -> list[float]:
    """Rows a second and a CPU second of the plain loop."""
    command = [sys.executable, __file__, "--plain", kafka, topic, webhdfs, str(count)]
    cpu, wall = _steps.Measured(command, {}, folder / "plain.log").ready().finish()
    InsecureClient(webhdfs).delete("/plain", recursive=True)
    return [count / wall, count / cpu]


def plain_loop(kafka: str, topic: str, webhdfs: str, count: int) -> None:
    """What many write by hand."""
    settings = {"bootstrap.servers": kafka, "group.id": topic, "fetch.queue.backoff.ms": 5}
    consumer = Consumer(settings)
    client, done, waiting = InsecureClient(webhdfs), 0, list[pa.RecordBatch]()
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    first = consumer.consume(1, timeout=60)
    print("ready", flush=True)
    for messages in itertools.chain([first], iter(lambda: consumer.consume(64, 0.1), None)):
        waiting += [wire.decode(value).data for each in messages if (value := each.value())]
        now = sum(each.num_rows for each in waiting)
        if done + now >= count or sum(each.nbytes for each in waiting) >= SIZE:
            sink = pa.BufferOutputStream()
            pq.write_table(pa.Table.from_batches(waiting), sink, compression="zstd")
            client.write(f"/plain/day=1970-01-01/{done}.parquet", data=sink.getvalue().to_pybytes())
            done, waiting = done + now, []
        if done >= count:
            break
    consumer.close()


def main() -> None:
    """Measure in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--plain", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        kafka, topic, webhdfs, count = options.plain
        return plain_loop(kafka, topic, webhdfs, int(count))
    kafka, count = _steps.broker(), options.rows
    webhdfs = json.loads((_steps.home() / "platform.json").read_text(encoding="utf-8"))["webhdfs"]
    topic = f"amml.{_steps.new_name()}.in"
    _steps.fill(kafka, topic, rows(), count // ROWS)
    walls, ratios = list[float](), list[float]()
    print("run   to_lake (rows/s, rows/CPU s)   plain loop (the same)   ratio of CPU")
    with tempfile.TemporaryDirectory() as folder:
        for run in range(1, options.runs + 1):
            sink = measure_sink(kafka, topic, webhdfs, count, Path(folder))
            plain = measure_plain(kafka, topic, webhdfs, count, Path(folder))
            walls.append(sink[0])
            ratios.append(sink[1] / plain[1])
            shown = "   ".join(f"{each:11,.0f}" for each in (*sink, *plain))
            print(f"{run:3}   {shown}   {ratios[-1]:5.2f}", flush=True)
    remove_prefix(kafka, topic)
    print(f"median {statistics.median(walls):,.0f} rows a second (target: {TARGET:,}), ", end="")
    print(f"{statistics.median(ratios):.2f} times the plain loop's rows a CPU second")


if __name__ == "__main__":
    main()
