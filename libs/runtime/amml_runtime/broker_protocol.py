"""The few requests of Kafka's own protocol that librdkafka has no call for, over a plain socket.

Used to look at a broker, never to move data. The forms are the "flexible" ones of Kafka 2.4 and
later: lengths are unsigned varints, and every structure ends in tagged fields.
"""

import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from amml_runtime.errors import Unavailable

T = TypeVar("T")

API_VERSIONS = 18
DESCRIBE_PRODUCERS = 61
DESCRIBE_TRANSACTIONS = 65
LIST_TRANSACTIONS = 66

NO_TAGS = b"\0"
_CLIENT = b"amml-doctor"
_LONGEST = 64 << 20
_SECONDS = 5.0


def ask(address: str, api: int, version: int, body: bytes, seconds: float = _SECONDS) -> "Answer":
    """One request to one broker, and its answer; raises `Unavailable`."""
    header = struct.pack(">hhih", api, version, 1, len(_CLIENT)) + _CLIENT + NO_TAGS
    request = header + body
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            [length] = struct.unpack(">i", _received(connection, 4))
            if not 4 <= length <= _LONGEST:
                raise ValueError(f"an answer of {length} bytes")
            content = _received(connection, length)
    except (OSError, ValueError) as error:
        raise Unavailable(f"the broker at {address} does not answer plainly: {error}") from error
    # Only the answer to API_VERSIONS has the oldest header, without tagged fields.
    return Answer(content, 4 if api == API_VERSIONS else 5)


def answers(address: str, seconds: float = _SECONDS) -> bool:
    """Whether a broker says which requests it knows.

    >>> answers("127.0.0.1:1")
    False
    """
    try:
        ask(address, API_VERSIONS, 3, string("amml") + string("1") + NO_TAGS, seconds)
    except Unavailable:
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


def _received(connection: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        chunk = connection.recv(size - len(content))
        if not chunk:
            raise OSError("it closed the connection")
        content += chunk
    return bytes(content)
