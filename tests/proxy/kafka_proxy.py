"""A proxy between a Kafka client and its broker, which holds back a request to let it go later.

So it does on purpose what networks do by chance: a request is delayed, its connection breaks, the
client repeats it on a new one, and the old bytes arrive when nobody expects them any more.
"""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Semaphore

from . import frames
from .frames import Frames, Request, framed

_PIECE = 1 << 16
_ANSWER_SECONDS = 20.0


@dataclass
class Moment:
    """Just before the nth request of an api key, of those the proxy sees from now on, goes on.

    `left` is set when its connection is over: cut, or given up by the client.
    """

    key: int
    nth: int = 1
    left: Event = field(default_factory=Event, kw_only=True)

    def comes(self, key: int) -> bool:
        """Whether a request of this kind is the one."""
        self.nth -= key == self.key
        return key == self.key and self.nth == 0


@dataclass
class Hold(Moment):
    """A request to be held back.

    Parameters:
        stall: leave its connection open and silent; otherwise it is cut.
        until: let it go as soon as the broker has answered so many more requests of an api key,
            before the client hears of the last; without it, when the test calls `release`.
    """

    stall: bool = False
    until: tuple[int, int] | None = None
    taken: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)
    request: bytes = b""
    answer: bytes = b""  # what the broker said to the old bytes; empty where it hung up

    def take(self, request: bytes) -> None:
        """Have the request."""
        self.request = request
        self.taken.set()

    def is_due(self, key: int) -> bool:
        """Whether the answer to a request of this kind is the one to let the held one go at."""
        if self.until is None or self.released.is_set() or not self.taken.is_set():
            return False
        wanted, left = self.until
        if key == wanted:
            self.until = (wanted, left - 1)
        return self.until == (wanted, 0)


@dataclass
class _Link:
    """A client's connection and the one to the broker that serves it.

    One request at a time is on its way, as the broker answers them: so "after the first `Produce`"
    is a moment before the second. (Only `acks=0`, which no transaction has, gets no answer.)
    """

    client: socket.socket
    broker: socket.socket
    free: Semaphore = field(default_factory=Semaphore)
    asked: int = 0  # the api key of the request that is on its way
    silent: bool = False
    moments: list[Moment] = field(default_factory=list[Moment])

    def cut(self) -> None:
        """End both connections."""
        for each in (self.client, self.broker):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.free.release()
        for moment in self.moments:
            moment.left.set()


class KafkaProxy:
    """A proxy of one broker on this machine, on a port of its own; clients stay with it.

    `seen` counts the requests that came, by api key.
    """

    def __init__(self, broker: int) -> None:
        self._broker = broker
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.seen = Counter[int]()
        self._holds: list[Hold] = []
        self._acts: list[tuple[Moment, Callable[[], None]]] = []
        self._links: list[_Link] = []
        # One frame moves at a time, so while held bytes are let go nothing else does.
        self._gate = threading.RLock()
        _thread(self._accept)

    @property
    def broker(self) -> str:
        """Where the broker itself is."""
        return f"127.0.0.1:{self._broker}"

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"127.0.0.1:{self.port}"

    def hold(self, hold: Hold) -> Hold:
        """Hold a request back."""
        with self._gate:
            self._holds.append(hold)
        return hold

    def at(self, moment: Moment, act: Callable[[], None]) -> None:
        """Do something at a moment."""
        with self._gate:
            self._acts.append((moment, act))

    def release(self, hold: Hold) -> None:
        """Send the held bytes to the broker, on a connection of their own, and hear its answer."""
        with self._gate, socket.create_connection(("127.0.0.1", self._broker)) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.sendall(framed(hold.request))
            hold.answer = next(_frames_of(connection), b"")
            hold.released.set()

    def close(self) -> None:
        """End all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for clients
        self._listener.close()
        for link in self._links:
            link.cut()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: that is the end
            while True:
                client, _ = self._listener.accept()
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            broker = socket.create_connection(("127.0.0.1", self._broker))
        except OSError:
            client.close()  # as the broker itself would refuse
            return
        for each in (client, broker):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = _Link(client, broker)
        self._links.append(link)
        _thread(self._ask, link)
        _thread(self._answer, link)

    def _ask(self, link: _Link) -> None:
        """Pass requests on to the broker."""
        with suppress(OSError):
            for frame in _frames_of(link.client):
                if not link.silent:
                    link.free.acquire()
                with self._gate:
                    self._pass_on(link, Request.of(frame).key, frame)
        link.cut()

    def _pass_on(self, link: _Link, key: int, frame: bytes) -> None:
        self.seen[key] += 1
        for moment, act in self._acts:
            if moment.comes(key):
                link.moments.append(moment)
                act()
        held = next((hold for hold in self._holds if hold.comes(key)), None)
        if held is not None:
            held.take(frame)
            link.moments.append(held)
            link.silent = True
            if not held.stall:
                link.cut()
        elif not link.silent:
            link.asked = key
            link.broker.sendall(framed(frame))

    def _answer(self, link: _Link) -> None:
        """Pass answers on to the client."""
        with suppress(OSError):
            for frame in _frames_of(link.broker):
                with self._gate:
                    for hold in self._holds:
                        if hold.is_due(link.asked):
                            self.release(hold)
                    told = frames.at_port(link.asked, frame, self._broker, self.port)
                    link.client.sendall(framed(told))
                link.free.release()
        link.cut()


def _frames_of(connection: socket.socket) -> Iterator[bytes]:
    """The frames that arrive until the other side closes."""
    cut = Frames()
    while data := connection.recv(_PIECE):
        yield from cut.feed(data)


def _thread(target: Callable[..., None], *arguments: _Link) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()
