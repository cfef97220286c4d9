"""What many write by hand: confluent-kafka and orjson, JSON in and out, at least once.

The means live in a dictionary, which a crash forgets.
"""

import signal

import orjson
from _workload import Job, arithmetic, kept, with_mean
from confluent_kafka import Consumer, Producer

stopping: list[int] = []
signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
job = Job.from_arguments()
means: dict = {}


def result(key: bytes, row: dict) -> dict | None:
    if job.workload == "mean":
        row, means[key] = with_mean(row, means.get(key))
        return row
    return arithmetic(row) if job.workload == "hop" or kept(row) else None


def send(producer: Producer, key: bytes, row: dict) -> None:
    while True:
        try:
            return producer.produce(job.target, orjson.dumps(row), key)
        except BufferError:
            producer.poll(0.1)


consumer = Consumer(
    {
        "bootstrap.servers": job.kafka,
        "group.id": f"plain-{job.target}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6000,
        "fetch.queue.backoff.ms": 5,
    }
)
producer = Producer({"bootstrap.servers": job.kafka, "linger.ms": 5})
consumer.subscribe([job.source])
while not stopping:
    for message in consumer.consume(1, timeout=1) + consumer.consume(10_000, timeout=0):
        made = result(message.key(), orjson.loads(message.value()))
        if made is not None:
            send(producer, message.key(), made)
        job.counted()
    producer.flush()
    if job.seen:
        consumer.commit()
consumer.close()
