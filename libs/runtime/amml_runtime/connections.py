"""The Kafka clients of one task, connecting while the rest of the process is still importing."""

from collections.abc import Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from confluent_kafka import Consumer, KafkaException

from amml_runtime import client
from amml_runtime.access import denial, refuse_denied, silent
from amml_runtime.client import RETRY_SECONDS, Stopped, TransactionalProducer
from amml_runtime.patience import SLICE_SECONDS, Patience
from amml_runtime.spec import StepSpec
from amml_runtime.watched import WatchedConsumer

METADATA_SECONDS = 15.0
CLOSE_SECONDS = 1.0


@dataclass(frozen=True)
class Connections:
    """A producer that has shut out its predecessor, a consumer, and one to restore state with."""

    producer: TransactionalProducer
    consumer: WatchedConsumer
    restorer: Consumer

    def close(self) -> None:
        """Let go of what was read, but of a Kafka that does not answer without its blessing.

        A consumer waits for the offsets it has sent to arrive, which is no reason to stay.
        """
        closing = Thread(target=self._close, name="closing", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _close(self) -> None:
        self.restorer.close()
        self.consumer.close()


def task_ids(spec: StepSpec, slot: int, slots: int) -> list[str]:
    """Which tasks a slot runs: partitions p with p mod slots = slot, or `all` in slot 0.

    A source, a fit and a training see everything at once, so each is a single task.
    """
    if spec.mode in ("fit", "train"):
        return ["all"] if slot == 0 else []
    return [str(p) for p in range(spec.tasks) if p % slots == slot]


def connect(
    spec: StepSpec,
    bootstrap: str,
    ids: list[str],
    attempts: Path | None = None,
    stop: Event | None = None,
) -> "dict[str, Future[Connections]]":
    """The connections of each task, made at the same time; tests name a folder for attempts.

    While Kafka does not answer, `stop` ends each of them with `Stopped`.
    """
    stop = stop or Event()
    pool = ThreadPoolExecutor(max_workers=max(1, len(ids)))
    made = {each: pool.submit(_connect, spec, bootstrap, each, attempts, stop) for each in ids}
    pool.shutdown(wait=False)
    return made


def _connect(
    spec: StepSpec, bootstrap: str, task: str, attempts: Path | None, stop: Event
) -> Connections:
    producer = _producer(bootstrap, f"{spec.name}.{task}", attempts, stop)
    consumer = WatchedConsumer(bootstrap, spec.name)
    quick = {"fetch.wait.max.ms": 5, "enable.partition.eof": True}
    restorer = client.consumer(bootstrap, spec.name, **quick)
    patience = Patience(METADATA_SECONDS, stop)
    for each in (restorer, consumer):  # metadata first: `assign` would wait for the next refresh
        seen = _reach(each, bootstrap, patience, stop)
    for topic, right in _rights(spec).items():
        if topic not in seen:
            _refuse_unseen(restorer, topic, right)
    producer.start()
    from amml_runtime.first_start import refuse_lost_memory  # with Arrow, while the clients connect

    refuse_lost_memory(restorer, spec, task)
    return Connections(producer, consumer, restorer)


def _rights(spec: StepSpec) -> dict[str, str]:
    """What the step does to each topic it knows; a plan of before has no topic of replays."""
    found = {each.topic: "Read" for each in spec.inputs} | {spec.dead_letters: "Write"}
    if spec.changelog is not None:
        found[spec.changelog] = "Read"
    if spec.output is not None:
        found[spec.output.topic] = "Write"
    return found | {spec.replays: "Read"}


def _reach(client: Consumer, bootstrap: str, patience: Patience, stop: Event) -> Set[str]:
    """Ask for metadata until there is an answer: the topics that we may see."""
    while True:
        try:
            return client.list_topics(timeout=SLICE_SECONDS).topics.keys()
        except KafkaException as error:
            if stop.is_set():
                raise Stopped from error
            if patience.over():
                raise silent(bootstrap, error) from error
            refuse_denied(bootstrap)
            stop.wait(RETRY_SECONDS)  # an error may also come at once


def _refuse_unseen(client: Consumer, topic: str, right: str) -> None:
    """Raise `AccessDenied` if Kafka does not let us see a topic."""
    try:
        error = client.list_topics(topic, timeout=METADATA_SECONDS).topics[topic].error
    except KafkaException:
        return  # nobody answers, so nobody knows
    if error is not None and (refusal := denial(error, right, topic)):
        raise refusal


def _producer(
    bootstrap: str, transactional_id: str, attempts: Path | None, stop: Event
) -> TransactionalProducer:
    if attempts is None:
        return TransactionalProducer(bootstrap, transactional_id, stop)
    from amml_runtime.attempts import AttemptedProducer  # only tests want it

    return AttemptedProducer(bootstrap, transactional_id, attempts, stop)
