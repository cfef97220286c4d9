"""The workloads in Quix Streams, exactly once, with its own JSON and its state in RocksDB."""

from _workload import Job, arithmetic, kept, with_mean
from quixstreams import Application, State

job = Job.from_arguments()
app = Application(
    broker_address=job.kafka,
    consumer_group=f"quix-{job.target}",
    auto_offset_reset="earliest",
    processing_guarantee="exactly-once",
    state_dir=job.folder,
    consumer_extra_config={"session.timeout.ms": 6000, "fetch.queue.backoff.ms": 5},
    loglevel="WARNING",
)


def counted(row: dict) -> dict:
    job.counted()
    return row


def mean(row: dict, state: State) -> dict:
    row, after = with_mean(row, state.get("mean"))
    state.set("mean", after)
    return row


rows = app.dataframe(app.topic(job.source, key_deserializer="str", value_deserializer="json"))
rows = rows.apply(counted)
if job.workload == "mean":
    rows = rows.apply(mean, stateful=True)
elif job.workload == "filter":
    rows = rows.filter(kept).apply(arithmetic)
else:
    rows = rows.apply(arithmetic)
rows.to_topic(app.topic(job.target, key_serializer="str", value_serializer="json"))
app.run()
