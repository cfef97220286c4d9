"""`mqtt`: messages of an MQTT broker."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from amml_runtime.batch import Batch, Refusal, Row
from amml_runtime.component import AbstractIngress, Portion, Secret, handed
from amml_runtime.errors import RecordRefused
from amml_runtime.records import parsed, row_of, to_batch
from amml_runtime.state import Value

ROWS = 1000


class Arrived(Protocol):
    """A message, with its topic and when it arrived."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def arrived_ms(self) -> int: ...


class Subscription(Protocol):
    """The door to a broker; `_shared/subscriber.py` is the real one."""

    def open(
        self, url: str, topic: str, user: str, password: str | None, position: int
    ) -> None: ...
    def take(self, most: int) -> Iterable[Arrived]: ...
    def confirm(self, position: int) -> None: ...


@dataclass(frozen=True)
class Mqtt(AbstractIngress):
    """Read messages of an MQTT broker (QoS 1, a session that outlives the process).

    Parameters:
        url: the broker, as `mqtt://host:1883`, or `mqtts://` for TLS.
        topic: which topics, such as `hall/+/co2` or `sensors/#`.
        user: whom to log in as.
        password: the name of its secret, as `secret("broker")`.
    Adds: a column for each field of a JSON object, or `value` for a bare number, text or truth
        value; `_key` is the message's topic, `_time` the record's own or when it arrived.
    Errors: E214, a `url` that is none; a message that is no JSON goes to the dead letters.

    A message is confirmed when its row is kept, so none is lost; after a crash in between it
    comes again. MQTT numbers no messages: who must not count one twice needs a field to tell.

    >>> run('mqtt url="mqtt://127.0.0.1", topic="hall/+/co2"')
    {'co2': [412.0, 415.0]}
    """

    stateless = True

    url: str
    topic: str
    user: str = ""
    password: Secret | None = None
    broker: Subscription = handed("amml_ingress._shared.subscriber:Subscriber")

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme not in ("mqtt", "mqtts") or not address.hostname:
            raise ValueError(f"`url` is {self.url!r}, one is mqtt://127.0.0.1:1883")
        if address.password is not None:
            raise ValueError('`url` holds a password; give `user` and `password=secret("name")`')
        if not self.topic or "\0" in self.topic:
            raise ValueError(f"`topic` is {self.topic!r}, one is sensors/#")

    def guarantee(self) -> str:
        """A message whose row is kept may come again before it is confirmed."""
        return "at least once: a message is confirmed after its row is kept"

    def read(self, position: Value) -> Iterator[Portion]:
        """What has arrived; the position is the number of messages so far."""
        count: int = position or 0
        self.broker.open(self.url, self.topic, self.user, self.password, count)
        while True:
            messages = list(self.broker.take(ROWS))
            count += len(messages)
            yield _portion(messages, count)

    def kept(self, position: Value) -> None:
        """Let the broker forget what is kept."""
        self.broker.confirm(position or 0)


def _portion(messages: Iterable[Arrived], position: int) -> Portion:
    rows: list[Row] = []
    refused: list[Refusal] = []
    for each in messages:
        try:
            rows.append(_row(each))
        except RecordRefused as refusal:
            text = each.payload.decode(errors="replace")
            refused.append(Refusal(Batch.from_rows([{"message": text}]), refusal.reason))
    return Portion(to_batch(rows), position, tuple(refused))


def _row(message: Arrived) -> Row:
    """A message as a row: a JSON object's fields, or the one bare value."""
    document = parsed(message.payload)
    fields = document if isinstance(document, dict) else {"value": document}
    return row_of(fields, message.topic.encode(), message.arrived_ms)
