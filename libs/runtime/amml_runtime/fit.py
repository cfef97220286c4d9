"""The fit of a step: one pass over its input, one record of parameters for the whole run."""

import time
from collections.abc import Mapping
from threading import Event
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Consumer

from amml_runtime.batch import TIME_TYPE, Batch
from amml_runtime.changelog import read_all
from amml_runtime.component import Params
from amml_runtime.connections import Connections
from amml_runtime.errors import StepError
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.pace import Pace
from amml_runtime.spec import StepSpec
from amml_runtime.state import State

KEY = b"params"
POLL_SECONDS = 0.05
ENDLESS_ROWS = 1000


def run_fit(spec: StepSpec, component: Any, made: Connections, stop: Event) -> bool:
    """Fit the component and write its parameters; False when told to stop before.

    It reads all partitions to their end marks, or the first `fit_rows` rows (of an endless input
    1,000). A trainer's hold-out is left out: rows at or after the time `until`, or after the first
    `until_rows`. Nothing is written twice: a record that is there already ends it at once.
    """
    assert spec.output is not None, spec.label
    topic = spec.output.topic
    if _find(made.restorer, topic) is not None:
        return True
    book = State()
    places = [(each, p) for each in spec.inputs for p in range(each.partitions)]
    input = KafkaInput(made.consumer, places, book)
    acc, rows = _pass(spec, component, input, stop)
    if acc is None and stop.is_set():
        return False
    if acc is None:
        raise StepError(f"{spec.label}: no row came to fit on")
    offsets = {f"{place.topic}[{place.partition}]": place.offset for place in input.positions()}
    record = {"params": component.fitted(acc), "rows": rows, "offsets": offsets}
    if made.producer.renew() and _find(made.restorer, topic) is not None:
        return True  # another process has fitted while this one was cut off
    made.producer.begin()
    made.producer.produce(topic, 0, orjson.dumps(record), KEY)
    made.producer.commit()
    print(f"fitted on {rows} rows: {orjson.dumps(record['params']).decode()}", flush=True)
    return True


def wait_for_params(client: Consumer, topic: str, stop: Event) -> Params | None:
    """The parameters that a fit wrote, as soon as they are there; None when told to stop."""
    while not stop.is_set():
        found = _find(client, topic)
        if found is not None:
            return found
        time.sleep(POLL_SECONDS)
    return None


def _find(client: Consumer, topic: str) -> Params | None:
    for key, value in read_all(client, topic):
        if key == KEY and value is not None:
            return orjson.loads(value)["params"]
    return None


def _pass(spec: StepSpec, component: Any, input: KafkaInput, stop: Event) -> tuple[Any, int]:
    limit = _limit(spec)
    acc, rows = None, 0
    while not input.ended and (limit is None or rows < limit):
        if stop.is_set():
            return None, 0
        if not input.wait(0.1):
            continue
        for chunk in input.drain(Pace(time.monotonic())):
            batch = _before(chunk.batch, spec.resources)
            batch = batch if limit is None else batch.slice(0, limit - rows)
            acc = component.fit(batch, acc)
            rows += batch.rows
    return acc, rows


def _limit(spec: StepSpec) -> int | None:
    """How many rows to fit on; None: all."""
    wanted = [spec.options.get("fit_rows"), spec.resources.get("until_rows")]
    limits = [int(each) for each in wanted if each is not None]
    return min(limits, default=None if spec.bounded else ENDLESS_ROWS)


def _before(batch: Batch, resources: Mapping[str, Any]) -> Batch:
    """The rows before the cut, if there is one: microseconds since 1970."""
    until = resources.get("until")
    if until is None:
        return batch
    cut = pa.scalar(int(until), pa.int64()).cast(TIME_TYPE)
    return batch.filter(pc.less(batch.times, cut))
