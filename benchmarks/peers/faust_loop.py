"""The workloads in Faust (faust-streaming), exactly once, its table in memory with a changelog."""

import logging

import faust
from _workload import Job, arithmetic, kept, with_mean

job = Job.from_arguments()
app = faust.App(
    f"faust-{job.target}",
    broker=f"kafka://{job.kafka}",
    processing_guarantee="exactly_once",
    store="memory://",
    datadir=job.folder,
    topic_partitions=1,
    topic_replication_factor=1,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=6.0,
    broker_heartbeat_interval=2.0,
    web_enabled=False,
    worker_redirect_stdouts=False,
    key_serializer="raw",
    value_serializer="json",
)
source = app.topic(job.source, key_type=bytes, key_serializer="raw", value_serializer="json")
target = app.topic(job.target, key_serializer="raw", value_serializer="json")
means = app.Table("means", default=None, partitions=1) if job.workload == "mean" else {}


@app.agent(source)
async def work(stream: faust.StreamT) -> None:
    async for key, row in stream.items():
        if job.workload == "mean":
            name = key.decode()
            row, means[name] = with_mean(row, means.get(name))
        elif job.workload == "hop" or kept(row):
            row = arithmetic(row)
        else:
            row = None
        if row is not None:
            await target.send(key=key, value=row)
        job.counted()


faust.Worker(app, loglevel=logging.WARNING).execute_from_commandline()
