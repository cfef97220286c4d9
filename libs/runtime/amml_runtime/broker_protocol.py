"""The few requests of Kafka's own protocol that librdkafka has no call for, over a socket.

Used to look at a broker, never to move data; with TLS and SASL where the environment says so. Here
a broker's reasons for refusing us are heard, which librdkafka does not pass on. The forms are the
"flexible" ones of Kafka 2.5 and later: lengths are unsigned varints, and every structure ends in
tagged fields.
"""

import socket
import struct
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeVar

from amml_runtime.errors import AccessDenied, Unavailable
from amml_runtime.kafka_security import Security, security

T = TypeVar("T")

SASL_HANDSHAKE = 17
API_VERSIONS = 18
SASL_AUTHENTICATE = 36
DESCRIBE_PRODUCERS = 61
DESCRIBE_TRANSACTIONS = 65
LIST_TRANSACTIONS = 66

NO_TAGS = b"\0"
_CLIENT = b"amml-doctor"
_LONGEST = 64 << 20
_SECONDS = 5.0
_TLS_ALERT = 0x1503  # how a server begins that was not spoken to by TLS
_FINAL = ("certificate", "wrong_version", "wants tls")  # waiting helps none of these


def ask(
    address: str,
    api: int,
    version: int,
    body: bytes,
    seconds: float | None = None,
    access: Security | None = None,
) -> "Answer":
    """One request to one broker, and its answer.

    Parameters:
        seconds: how long to wait for it; a few by default.
        access: how to get in; by default as the environment says.
    Errors: AccessDenied, the broker refuses us; Unavailable.
    """
    access = access or security()
    try:
        with _connected(address, seconds or _SECONDS, access) as connection:
            content = _exchanged(connection, api, version, NO_TAGS + body)
    except (OSError, ValueError) as error:
        raise explained(error, address, access) from error
    # Only the answer to API_VERSIONS has the oldest header, without tagged fields.
    return Answer(content, 4 if api == API_VERSIONS else 5)


def greet(address: str, seconds: float | None = None, access: Security | None = None) -> None:
    """Ask a broker which requests it knows; raises as `ask`."""
    ask(address, API_VERSIONS, 3, string("amml") + string("1") + NO_TAGS, seconds, access)


def answers(address: str, seconds: float | None = None, access: Security | None = None) -> bool:
    """Whether a broker lets us in and says which requests it knows.

    >>> answers("127.0.0.1:1")
    False
    """
    try:
        greet(address, seconds, access)
    except (Unavailable, AccessDenied):
        return False
    return True


def string(text: str) -> bytes:
    """A string as requests hold it."""
    data = text.encode()
    return varint(len(data) + 1) + data


def array(items: Sequence[bytes]) -> bytes:
    """A list as requests hold it."""
    return varint(len(items) + 1) + b"".join(items)


def varint(number: int) -> bytes:
    """An unsigned number, seven bits a byte, the lowest first.

    >>> varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


class Answer:
    """Reads an answer from front to back."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self._at = at

    def number(self, form: str) -> int:
        """A number of fixed width: `h`, `i` or `q`.

        >>> Answer(b"\\0\\7").number("h")
        7
        """
        size = struct.calcsize(form)
        [value] = struct.unpack(f">{form}", self._take(size))
        return value

    def string(self) -> str:
        """A string; one that is null is empty."""
        length = self._varint()
        return self._take(length - 1).decode(errors="replace") if length else ""

    def array(self, item: Callable[["Answer"], T]) -> list[T]:
        """A list, each of whose items `item` reads."""
        return [item(self) for _ in range(self._varint() - 1)]

    def tags(self) -> Mapping[int, "Answer"]:
        """The tagged fields that end a structure."""
        found: dict[int, Answer] = {}
        for _ in range(self._varint()):
            tag = self._varint()
            found[tag] = Answer(self._take(self._varint()))
        return MappingProxyType(found)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            [byte] = self._take(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _take(self, size: int) -> bytes:
        taken = self._content[self._at : self._at + size]
        if len(taken) != size:
            raise Unavailable("a broker's answer ends too early: it speaks another version")
        self._at += size
        return taken


@contextmanager
def _connected(address: str, seconds: float, access: Security) -> Generator[socket.socket]:
    """A connection on which the broker has let us in."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    with socket.create_connection((host, int(port)), seconds) as plain:
        if not access.is_encrypted:
            _authenticate(plain, address, access)
            yield plain
            return
        with access.tls().wrap_socket(plain, server_hostname=host) as encrypted:
            _authenticate(encrypted, address, access)
            yield encrypted


def _authenticate(connection: socket.socket, address: str, access: Security) -> None:
    if not access.mechanism:
        return
    from amml_runtime import sasl  # few processes need it

    name = access.mechanism.encode()
    body = struct.pack(">h", len(name)) + name
    answer = Answer(_exchanged(connection, SASL_HANDSHAKE, 1, body), 4)
    if answer.number("h"):
        raise AccessDenied(f"the broker at {address} does not take {access.mechanism}")
    talk = sasl.conversation(access.mechanism, access.user, access.password())
    said = next(talk)
    try:
        while True:
            said = talk.send(_authenticated(connection, said, address, access))
    except StopIteration:
        return
    except ValueError as error:
        raise AccessDenied(f"the broker at {address}: {error}") from error


def _authenticated(connection: socket.socket, said: bytes, address: str, access: Security) -> bytes:
    """One turn of the conversation: what the broker answers."""
    body = NO_TAGS + varint(len(said) + 1) + said + NO_TAGS
    answer = Answer(_exchanged(connection, SASL_AUTHENTICATE, 2, body), 5)
    refused, why = answer.number("h"), answer.string()
    if refused:
        raise AccessDenied(f"the broker at {address} refuses {access.principal}: {why}")
    return answer.string().encode()


def _exchanged(connection: socket.socket, api: int, version: int, body: bytes) -> bytes:
    header = struct.pack(">hhih", api, version, 1, len(_CLIENT)) + _CLIENT
    request = header + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    [length] = struct.unpack(">i", _received(connection, 4))
    if length >> 16 == _TLS_ALERT:
        raise ValueError("it wants TLS, see AMML_KAFKA_PROTOCOL")
    if not 4 <= length <= _LONGEST:
        raise ValueError(f"an answer of {length} bytes")
    return _received(connection, length)


def explained(
    error: OSError | ValueError, address: str, access: Security
) -> AccessDenied | Unavailable:
    """A certificate that one side refuses stays refused; all else may be better soon."""
    why = getattr(error, "verify_message", "") or getattr(error, "reason", None) or str(error)
    if "ALERT" in why and "INTERNAL" not in why:  # the other side's word on our certificate
        return AccessDenied(f"the broker at {address} refuses {access.principal}: {why}")
    if any(word in why.lower() for word in _FINAL):
        return AccessDenied(f"the broker at {address} and TLS: {why}")
    how = "plainly" if access.protocol == "PLAINTEXT" else f"by {access.protocol}"
    return Unavailable(f"the broker at {address} does not answer {how}: {why}")


def _received(connection: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        chunk = connection.recv(size - len(content))
        if not chunk:
            raise OSError("it closed the connection")
        content += chunk
    return bytes(content)
