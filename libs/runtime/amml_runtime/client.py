"""Kafka clients as this platform needs them, and the producer's transaction.

The settings that decide speed and safety are measured facts: see `docs/runtime.md`.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from threading import Event
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from amml_runtime.access import denial
from amml_runtime.errors import AccessDenied, Fenced, StepError, Unavailable
from amml_runtime.kafka_security import reaching
from amml_runtime.patience import SLICE_SECONDS, STOP_SECONDS, Patience
from amml_runtime.producer_log import ProducerLog

T = TypeVar("T")

TRANSACTION_MS = 30_000
REQUEST_MS = 10_000  # what is not answered by then is asked again, on a new connection
CALL_SECONDS = 30.0
START_SECONDS = 150.0
RETRY_SECONDS = 0.1
ATTEMPTS = 50
_NO_LEADER_YET = {
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 (a broker that has just come back knows none)
}
_NO_COORDINATOR_YET = {
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}


class GroupConsumer(Consumer):
    """A consumer that knows the name of its group."""

    def __init__(self, settings: dict[str, object]) -> None:
        super().__init__(settings)
        self.group = str(settings["group.id"])


def group_of(client: Consumer) -> str:
    """The name of a consumer's group, where it is one of ours."""
    return client.group if isinstance(client, GroupConsumer) else "of this step"


def consumer(bootstrap: str, group: str, **more: object) -> GroupConsumer:
    """A consumer that reads only what is committed and owns what it is assigned."""
    return GroupConsumer(reading(bootstrap, group, **more))


def reading(bootstrap: str, group: str, **more: object) -> dict[str, object]:
    """The settings of such a consumer."""
    return {
        **reaching(bootstrap),
        "group.id": group,
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "fetch.queue.backoff.ms": 5,
        "fetch.wait.max.ms": 100,
        "log_level": 2,
        **more,
    }


class TransactionalProducer:
    """A producer with one transactional id, and the only place that begins and ends transactions.

    After a broken connection it has to be made anew before the next transaction (`renew`), so that
    the broker refuses the older epoch's late requests. Raises `Fenced` when a newer process has
    the id, `OutcomeUnknown` when a transaction may or may not have been committed: the process
    then ends, and the next one restores what was.
    """

    def __init__(self, bootstrap: str, transactional_id: str, stop: Event | None = None) -> None:
        self._bootstrap = bootstrap
        self._id = transactional_id
        self._stop = stop or Event()
        self._pid = os.getpid()
        self._recreated = 0
        self._log = ProducerLog()
        self._producer = self._make()

    def start(self) -> None:
        """Shut out the id's former owner, and end what it left open.

        Raises `Stopped` when `stop` is set before the broker has answered.
        """
        call = self._producer.init_transactions
        patience = Patience(START_SECONDS, self._stop)
        self._call("init_transactions", lambda: call(SLICE_SECONDS), patience)

    def renew(self) -> bool:
        """Make the producer anew if the last one may have repeated itself; whether it was.

        The new epoch also shuts out a process that has taken over meanwhile. Whoever calls this
        has to see whether another has committed since, before it goes on from memory.
        """
        self._producer.poll(0)
        if not self._log.tainted:
            return False
        self._log.tainted = False
        self._recreated += 1
        print(f"{self._id}: producer re-initialised, outcome known", flush=True)
        self._producer = self._make()
        self.start()
        return True

    def begin(self) -> None:
        """Begin a transaction."""
        if self._pid != os.getpid():
            raise StepError("this process was forked after its Kafka client was made; use spawn")
        self._call("begin_transaction", self._producer.begin_transaction)

    def produce(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Send one message; waits while the queue is full."""
        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition=partition, headers=list(headers)
                )
                return
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as exception:
                raise self._explained("produce", exception.args[0], topic) from exception

    def produce_all(
        self, topic: str, partition: int, records: Iterable[tuple[str | bytes, bytes | None]]
    ) -> None:
        """Send values of different keys in one call, at half the cost of one by one; no headers.

        Where the queue is full some have to wait, and others may overtake them.
        """
        left = [{"key": key, "value": value} for key, value in records]
        while left:
            sent = self._producer.produce_batch(topic, left, partition=partition)
            left = self._left(left, sent, topic)

    def _left(self, messages: list[dict[str, Any]], sent: int, topic: str) -> list[dict[str, Any]]:
        """The messages that found the queue full, once it has room; another error is raised."""
        failed = [each for each in messages if "_error" in each] if sent < len(messages) else []
        if sent + len(failed) != len(messages):
            raise OutcomeUnknown(f"{self._id}: of {len(messages)} messages only {sent} were sent")
        for each in failed:
            error = each.pop("_error")
            if error.code() != KafkaError._QUEUE_FULL:  # noqa: SLF001 (Kafka's own name)
                raise self._explained("produce", error, topic)
        if failed:
            self._producer.poll(0.1)
        return failed

    def commit(self) -> None:
        """Commit; when this returns, all of it is visible to `read_committed` readers."""
        self._call("commit_transaction", lambda: self._producer.commit_transaction(SLICE_SECONDS))

    def abort(self) -> None:
        """Abort; none of it ever becomes visible."""
        self._call("abort_transaction", lambda: self._producer.abort_transaction(SLICE_SECONDS))

    def take_recreated(self) -> int:
        """How often it was made anew since the last call."""
        taken, self._recreated = self._recreated, 0
        return taken

    def _make(self) -> Producer:
        logger = logging.getLogger(f"amml.librdkafka.{self._id}")
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        logger.handlers = [self._log]
        return Producer(
            {
                **reaching(self._bootstrap),
                "transactional.id": self._id,
                "transaction.timeout.ms": TRANSACTION_MS,
                "message.timeout.ms": TRANSACTION_MS,
                "socket.timeout.ms": REQUEST_MS,
                "retry.backoff.ms": 1,
                "retry.backoff.max.ms": 20,
                "linger.ms": 1,
                "message.max.bytes": 1_000_000,
                "log_level": 6,
                "log.connection.close": True,
            },
            logger=logger,
        )

    def _call(
        self, name: str, call: Callable[[], object], patience: Patience | None = None
    ) -> None:
        """Call it until it is done or the time is over; an error ends in the right exception.

        A call that waits for the broker does so in slices: the next takes up where one timed out.
        """
        patience = patience or Patience(CALL_SECONDS, self._stop, STOP_SECONDS)
        while True:
            try:
                call()
                return
            except KafkaException as exception:
                error: KafkaError = exception.args[0]
                if not _may_repeat(error) or patience.over():
                    raise self._explained(name, error) from exception
                if error.code() != KafkaError._TIMED_OUT:  # noqa: SLF001 (Kafka's own name)
                    time.sleep(RETRY_SECONDS)

    def _cause_of(self, error: KafkaError) -> KafkaError:
        """Behind the bare "fatal" that `produce` raises, what any call of the transaction says."""
        if error.code() == KafkaError._FATAL:  # noqa: SLF001
            try:
                self._producer.abort_transaction(0)
            except KafkaException as exception:
                return exception.args[0]
        return error

    def _explained(self, name: str, error: KafkaError, topic: str = "") -> StepError:
        """T1 of the rules: fatal, then abortable, then an unknown outcome."""
        error = self._cause_of(error)
        code = error.code()
        if refusal := self._denial(error, topic):
            return refusal
        if code in (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH):  # noqa: SLF001
            return Fenced(
                f"{self._id}: {name}: {error.str()}. A newer process has taken over this task, or "
                f"the broker was silent for more than {TRANSACTION_MS // 1000} s"
            )
        failed_before = name == "produce" and code == KafkaError._STATE  # noqa: SLF001
        if error.txn_requires_abort() or failed_before:
            return Aborted(f"{self._id}: {name}: {error.str()}")
        if name == "init_transactions" and self._stop.is_set():
            return Stopped()
        return OutcomeUnknown(f"{self._id}: {name}: {error.str()}; the outcome is not known")

    def _denial(self, error: KafkaError, topic: str) -> AccessDenied | None:
        """What is said if it is a right that is missing; only the log names the topic."""
        if error.code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return denial(error, "Write", self._id)
        if not topic:
            self._producer.poll(0)
        return denial(error, "Write", topic or self._log.refused or "of this step")


def _may_repeat(error: KafkaError) -> bool:
    return error.retriable() and not error.fatal() and not error.txn_requires_abort()


class Stopped(StepError):
    """Told to stop while a server did not answer; nothing was begun."""

    exit_code = 0

    def __init__(self) -> None:
        super().__init__("stopped")


class Aborted(StepError):
    """The transaction must be aborted; the task can go on from its last commit."""


class OutcomeUnknown(Unavailable):
    """A transaction may have been committed or not: only the changelog knows."""


def bounds(client: Consumer, place: TopicPartition) -> tuple[int, int]:
    """The first offset of a partition, and the one after its last stable record.

    A topic that was made a moment ago may have no leader yet, nor one whose brokers were just
    started: asked again for a while.
    """
    low, high = _asked(
        lambda: client.get_watermark_offsets(place, timeout=CALL_SECONDS),
        _NO_LEADER_YET,
        f"{place.topic}[{place.partition}]",
    )
    return int(low), int(high)


def mirrored(client: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    """The offsets of the client's consumer group; a broker that stood still is asked again."""
    try:
        return client.committed(places, timeout=SLICE_SECONDS)
    except KafkaException:
        _refuse_denied_group(client)
    return _asked(
        lambda: client.committed(places, timeout=CALL_SECONDS),
        _NO_COORDINATOR_YET,
        "the consumer group's offsets",
    )


def _refuse_denied_group(client: Consumer) -> None:
    """Raise `AccessDenied` if Kafka does not tell us of the group: then a message says so."""
    message = client.poll(0)
    error = None if message is None else message.error()
    if error is not None and (refusal := denial(error, "Read", group_of(client))):
        raise refusal


def _asked(call: Callable[[], T], not_yet: AbstractSet[int], what: str) -> T:
    """The answer, when Kafka is ready for the question; `Unavailable` if it is not soon."""
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except KafkaException as exception:
            error = exception.args[0]
            if error.code() not in not_yet or attempt + 1 == ATTEMPTS:
                raise Unavailable(f"{what}: {error.str()}") from exception
            time.sleep(RETRY_SECONDS)
    raise AssertionError("unreachable")
