"""Kafka Connect's envelopes as typed columns, against a plain loop, on one core and without Kafka.

The other side is what one would write without it: `orjson.loads` of each record, the payload taken
out, and one `pyarrow.Table.from_pylist`. Both get the same sensor records of five columns, some 700
bytes with their schema. Ours also checks each value against the schema, makes timestamps of its
times, and gives every row a time and a key. That both read the same values is checked first.

    .venv/bin/python benchmarks/envelope.py
    .venv/bin/python benchmarks/envelope.py --runs 9 --rows 10000
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa

from amml_runtime.batch import Batch
from amml_runtime.envelope.opener import Opener
from amml_runtime.envelope.rows import Run, rows_of

TARGET, LEAST_SECONDS = 150_000, 0.2
FIELDS: list[dict[str, Any]] = [
    {"type": "string", "optional": False, "doc": "of the room", "field": "position"},
    {"type": "string", "optional": True, "doc": "what the sensor measures", "field": "type_name"},
    {"type": "double", "optional": True, "doc": "as the sensor sent it", "field": "input_data"},
    {
        "type": "int64",
        "optional": False,
        "name": "org.apache.kafka.connect.data.Timestamp",
        "version": 1,
        "field": "event_time",
    },
    {"type": "int32", "optional": False, "doc": "counts the measurements", "field": "id"},
]
KEYS = {"type": "string", "optional": False}


def records(count: int) -> Run:
    """Sensor records as JsonConverter writes them, with keys; two in a hundred have no value."""
    source = random.Random(7)
    name = "sensors.public.sensor_data_view.of_the_laboratory.Value"
    schema = {"type": "struct", "fields": FIELDS, "optional": False, "name": name}

    def payload(number: int) -> dict[str, Any]:
        value = None if source.random() < 0.02 else source.gauss(900, 200)
        return {
            "position": f"building-3/room-{source.randrange(100)}",
            "type_name": source.choice(["co2", "temperature", "humidity"]),
            "input_data": value,
            "event_time": 1_700_000_000_000 + 100 * number,
            "id": number,
        }

    rows = [payload(number) for number in range(count)]
    return Run(
        [orjson.dumps({"schema": schema, "payload": row}) for row in rows],
        [orjson.dumps({"schema": KEYS, "payload": row["position"]}) for row in rows],
        [row["event_time"] for row in rows],
    )


def plain(values: Sequence[bytes | None]) -> pa.Table:
    """What many write by hand."""
    return pa.Table.from_pylist([orjson.loads(value or b"")["payload"] for value in values])


def reader(keyed: bool) -> Callable[[Run], Batch]:
    """What a step does with a run of messages; it knows their schema from the run before."""
    values, keys = Opener(), Opener()

    def read(run: Run) -> Batch:
        [opened] = values.open(run.values)
        batch, refused = rows_of(opened, run if keyed else without_keys(run), keys)
        assert not refused
        return batch

    return read


def without_keys(run: Run) -> Run:
    return run._replace(keys=[None] * len(run.keys))


def check(batch: Batch, table: pa.Table) -> None:
    """Whether both sides have read the same."""
    for name in table.column_names:
        ours: Any = batch.column(name)
        if pa.types.is_timestamp(ours.type):
            ours = ours.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
        if ours.to_pylist() != table.column(name).to_pylist():
            raise AssertionError(f"the two sides disagree on `{name}`")


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    began, calls = time.process_time(), 0
    while (taken := time.process_time() - began) < LEAST_SECONDS:
        work()
        calls += 1
    return taken / calls


def main() -> None:
    """Measure in turns, and print the ratio of each turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=10_000, help="records decoded together")
    options = parser.parse_args()
    run, rates, ratios = records(options.rows), list[float](), list[float]()
    read, read_keyed = reader(keyed=False), reader(keyed=True)
    check(read(run), plain(run.values))
    read_keyed(run)
    size = statistics.mean(len(value or b"") for value in run.values)
    print(f"{options.rows} records of {size:.0f} bytes together, records per CPU second")
    print("run   envelope   with keys in envelopes   plain loop   ratio")
    for number in range(1, options.runs + 1):
        ours, keyed, theirs = (
            options.rows / seconds(work)
            for work in (lambda: read(run), lambda: read_keyed(run), lambda: plain(run.values))
        )
        rates.append(ours)
        ratios.append(ours / theirs)
        print(f"{number:3} {ours:10,.0f} {keyed:24,.0f} {theirs:12,.0f} {ratios[-1]:7.2f}")
    median = statistics.median(rates)
    print(f"median {median:,.0f} a second (target: {TARGET:,})", end=", ")
    print(f"{statistics.median(ratios):.2f} times the plain loop")
    if median < TARGET:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
