"""Kafka's frames: cut out of a stream of bytes, and read as far as a proxy has to.

A frame is four bytes that say its size, and that many bytes. A request begins with what it asks
for, in which version, and a number that its answer repeats.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PRODUCE = 0
METADATA = 3
OFFSET_COMMIT = 8
FIND_COORDINATOR = 10
INIT_PRODUCER_ID = 22
ADD_PARTITIONS_TO_TXN = 24
END_TXN = 26
TXN_OFFSET_COMMIT = 28

NO_ERROR = 0
INVALID_PRODUCER_EPOCH = 47

_SIZE = struct.Struct(">i")
_REQUEST = struct.Struct(">hhi")  # the api key, its version, the correlation id
_END_TXN_ANSWER = struct.Struct(">iih")  # the correlation id, the throttle time, the error code
_HOST = b"127.0.0.1"


class Frames:
    """Cuts frames out of a stream that arrives in pieces of any size.

    >>> frames = Frames()
    >>> list(frames.feed(bytes([0, 0, 0, 2, 7])))
    []
    >>> list(frames.feed(bytes([8, 0, 0])))
    [b'\\x07\\x08']
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now, without their sizes."""
        self._rest += data
        while len(self._rest) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._rest)
            end = _SIZE.size + size
            if len(self._rest) < end:
                return
            frame = bytes(self._rest[_SIZE.size : end])
            del self._rest[:end]
            yield frame


def framed(frame: bytes) -> bytes:
    """The frame as it is sent."""
    return _SIZE.pack(len(frame)) + frame


@dataclass(frozen=True)
class Request:
    """What a request asks for."""

    key: int
    version: int
    correlation: int

    @classmethod
    def of(cls, frame: bytes) -> "Request":
        """The request in a frame.

        >>> Request.of(bytes([0, 26, 0, 1, 0, 0, 0, 9]))
        Request(key=26, version=1, correlation=9)
        """
        return cls(*_REQUEST.unpack_from(frame))


def end_txn_error(answer: bytes) -> int:
    """The error code in an answer to `EndTxn`, in the versions 0 to 2 of the old protocol.

    >>> end_txn_error(bytes([0, 0, 0, 9, 0, 0, 0, 0, 0, 47]))
    47
    """
    return _END_TXN_ANSWER.unpack_from(answer)[2]


def at_port(key: int, answer: bytes, old: int, new: int) -> bytes:
    """An answer that tells clients where the broker is, telling them another port of this machine.

    An address is a host name and four bytes of port in every version, so nothing moves.
    """
    if key not in (METADATA, FIND_COORDINATOR):
        return answer
    return answer.replace(_HOST + _SIZE.pack(old), _HOST + _SIZE.pack(new))
