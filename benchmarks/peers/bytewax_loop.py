"""The workloads in Bytewax, at least once: its recovery store is on, as its guide advises."""

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import orjson
from _workload import Job, arithmetic, kept, with_mean
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

job = Job.from_arguments()
if job.count:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it knows no orderly stop, but the source's end


class Until(KafkaSource):
    """A Kafka source that ends after `job.count` records."""

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Any:
        part = super().build_part(step_id, for_part, resume_state)
        take = part.next_batch

        def next_batch() -> Any:
            if job.count and job.seen >= job.count:
                raise StopIteration
            return take()

        part.next_batch = next_batch
        return part


flow = Dataflow("bench")
source = Until(
    [job.kafka],
    [job.source],
    batch_size=10_000,
    add_config={"fetch.queue.backoff.ms": "5"},
)


def read(message: KafkaSourceMessage) -> tuple[str, dict]:
    job.counted()
    return message.key.decode(), orjson.loads(message.value)


def mean(before: tuple[int, float] | None, row: dict) -> tuple[tuple[int, float], dict]:
    row, after = with_mean(row, before)
    return after, row


def message_of(item: tuple[str, dict]) -> KafkaSinkMessage:
    key, row = item
    return KafkaSinkMessage(key.encode(), orjson.dumps(row))


rows = op.map("read", op.input("in", flow, source), read)
if job.workload == "mean":
    rows = op.stateful_map("mean", rows, mean)
else:
    if job.workload == "filter":
        rows = op.filter("filter", rows, lambda item: kept(item[1]))
    rows = op.map("arithmetic", rows, lambda item: (item[0], arithmetic(item[1])))
op.output("out", op.map("write", rows, message_of), KafkaSink([job.kafka], job.target))

store = Path(job.folder) / "recovery"
if not store.exists():
    store.mkdir(parents=True)
    init_db_dir(store, 1)
cli_main(flow, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(store))
