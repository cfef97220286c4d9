"""The Kafka clients of one task, connecting while the rest of the process is still importing."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaException

from amml_runtime import client
from amml_runtime.client import TransactionalProducer
from amml_runtime.errors import Unavailable
from amml_runtime.first_start import refuse_lost_memory
from amml_runtime.spec import StepSpec
from amml_runtime.watched import WatchedConsumer

METADATA_SECONDS = 15.0


@dataclass(frozen=True)
class Connections:
    """A producer that has shut out its predecessor, a consumer, and one to restore state with."""

    producer: TransactionalProducer
    consumer: WatchedConsumer
    restorer: Consumer

    def close(self) -> None:
        """Let go of what was read; the producer has nothing open."""
        self.consumer.close()
        self.restorer.close()


def task_ids(spec: StepSpec, slot: int, slots: int) -> list[str]:
    """Which tasks a slot runs: partitions p with p mod slots = slot, or `all` in slot 0.

    A source, a fit and a training see everything at once, so each is a single task.
    """
    if spec.mode in ("fit", "train"):
        return ["all"] if slot == 0 else []
    return [str(p) for p in range(spec.tasks) if p % slots == slot]


def connect(
    spec: StepSpec, bootstrap: str, ids: list[str], attempts: Path | None = None
) -> "dict[str, Future[Connections]]":
    """The connections of each task, made at the same time; tests name a folder for attempts."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(ids)))
    made = {each: pool.submit(_connect, spec, bootstrap, each, attempts) for each in ids}
    pool.shutdown(wait=False)
    return made


def _connect(spec: StepSpec, bootstrap: str, task: str, attempts: Path | None) -> Connections:
    producer = _producer(bootstrap, f"{spec.name}.{task}", attempts)
    consumer = WatchedConsumer(bootstrap, spec.name)
    quick = {"fetch.wait.max.ms": 5, "enable.partition.eof": True}
    restorer = client.consumer(bootstrap, spec.name, **quick)
    try:  # metadata first: an `assign` before it waits for the next refresh
        restorer.list_topics(timeout=METADATA_SECONDS)
        consumer.list_topics(timeout=METADATA_SECONDS)
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer: {error}") from error
    producer.start()
    refuse_lost_memory(restorer, spec, task)
    return Connections(producer, consumer, restorer)


def _producer(
    bootstrap: str, transactional_id: str, attempts: Path | None
) -> TransactionalProducer:
    if attempts is None:
        return TransactionalProducer(bootstrap, transactional_id)
    from amml_runtime.attempts import AttemptedProducer  # only tests want it

    return AttemptedProducer(bootstrap, transactional_id, attempts)
