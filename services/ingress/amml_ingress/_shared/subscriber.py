"""A subscription at an MQTT broker whose messages are confirmed only when their rows are kept."""

import time
from collections import deque
from itertools import islice
from threading import Event, Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from amml_runtime.component import Secrets
from amml_runtime.errors import Unavailable, WorkflowFault
from amml_runtime.spec import StepSpec

PORTS = {"mqtt": 1883, "mqtts": 8883}
_SENT_AHEAD = 10_000  # unconfirmed messages that the broker may send, where it asks us
_SESSION_SECONDS = 7 * 24 * 3600  # for which the broker keeps what arrives while we are away
_ANSWERS_WITHIN = 10.0
_OLDER = "Unsupported protocol version"
_REFUSALS = ("Bad user name or password", "Not authorized", "Bad authentication method", "Banned")


class Message(NamedTuple):
    """One message: its topic, its bytes and when it arrived."""

    topic: str
    payload: bytes
    arrived_ms: int


class Subscriber:
    """One subscription, QoS 1: what is not confirmed comes again, to this process or the next.

    The session belongs to the step, whose name is the client's id: the broker keeps for it what
    arrives while it is away.
    """

    def __init__(self, spec: StepSpec, secrets: Secrets) -> None:
        self._id = spec.name
        self._secrets = secrets
        self._waiting = deque[tuple[MQTTMessage, Message]]()  # first those that were taken
        self._lock = Lock()  # of `_waiting`, as messages arrive on a thread of the client's
        self._taken = self._confirmed = 0
        self._client: Client | None = None

    def open(self, url: str, topic: str, user: str, password: str | None, position: int) -> None:
        """Subscribe; after an abort, begin again with the first unconfirmed message.

        Parameters:
            password: the name of its secret.
            position: how many messages were confirmed in all.
        Errors: Unavailable, the broker does not answer; WorkflowFault, it refuses us.
        """
        self._taken, self._confirmed = 0, position
        if self._client is None:
            known = None if password is None else self._secrets.value(password)
            self._client = self._subscribed(url, topic, user, known)

    def take(self, most: int) -> list[Message]:
        """What has arrived, in order; none if nothing has."""
        with self._lock:
            found = [each for _, each in islice(self._waiting, self._taken, self._taken + most)]
        self._taken += len(found)
        return found

    def confirm(self, position: int) -> None:
        """The rows of the first `position` messages are kept: the broker may forget them."""
        assert self._client is not None
        for _ in range(position - self._confirmed):
            with self._lock:
                message, _ = self._waiting.popleft()
            self._client.ack(message.mid, message.qos)
        self._taken -= position - self._confirmed
        self._confirmed = position

    def drop(self) -> None:
        """Break the connection, as the end of the process does."""
        if self._client is not None:
            self._client.loop_stop()
            if (connection := self._client.socket()) is not None:
                connection.close()

    def _subscribed(self, url: str, topic: str, user: str, password: str | None) -> Client:
        """Connected with MQTT 5, or with 3.1.1 where the broker knows no more."""
        for protocol in (MQTTv5, MQTTv311):
            client = Client(
                CallbackAPIVersion.VERSION2,
                client_id=self._id,
                protocol=protocol,
                clean_session=None if protocol == MQTTv5 else False,
                manual_ack=True,
            )
            if user:
                client.username_pw_set(user, password)
            said = self._connect(client, url, topic)
            if not said:
                return client
            client.loop_stop()
            if said != _OLDER:
                break
        raise _refusal(url, said)

    def _connect(self, client: Client, url: str, topic: str) -> str:
        """Connect, and subscribe at every later connection too; why the broker refuses, if so."""
        answers: list[str] = []
        answered = Event()

        def on_connect(_c: Client, _u: Any, flags: Any, said: ReasonCode, _p: Any) -> None:
            if not said.is_failure:
                client.subscribe(topic, qos=1)
            answers.append(str(said) if said.is_failure else "")
            answered.set()

        def on_disconnect(*_: Any) -> None:
            answered.set()

        client.on_connect = on_connect
        client.on_disconnect = on_disconnect
        client.on_message = self._arrived
        address = urlsplit(url)
        if address.scheme == "mqtts":
            client.tls_set()
        session = _session() if client.protocol == MQTTv5 else None
        port = address.port or PORTS[address.scheme]
        clean = False if session else MQTT_CLEAN_START_FIRST_ONLY  # which 3.1.1 knows nothing of
        try:
            client.connect(address.hostname or "", port, clean_start=clean, properties=session)
        except OSError as error:
            raise Unavailable(f"MQTT broker {url}: {error.strerror or error}") from error
        client.loop_start()
        if not answered.wait(_ANSWERS_WITHIN):
            client.loop_stop()
            raise Unavailable(f"MQTT broker {url} does not answer")
        return answers[0] if answers else _OLDER  # some hang up on what they do not know

    def _arrived(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        """Keep it; after a broken connection what is not confirmed comes again, under its id."""
        now = time.time_ns() // 1_000_000
        with self._lock:
            if not (message.dup and any(each.mid == message.mid for each, _ in self._waiting)):
                self._waiting.append((message, Message(message.topic, bytes(message.payload), now)))


def _session() -> Properties:
    wanted = Properties(PacketTypes.CONNECT)
    wanted.SessionExpiryInterval = _SESSION_SECONDS
    wanted.ReceiveMaximum = _SENT_AHEAD
    return wanted


def _refusal(url: str, said: str) -> Exception:
    kind = WorkflowFault if said in _REFUSALS else Unavailable
    return kind(f"MQTT broker {url}: {said.lower()}")
