"""Free ports on loopback."""

import random
import socket
from contextlib import ExitStack

import psutil

# Below the range from which systems take the local ports of outgoing connections: a port there
# could be some client's own just when a server wants it back.
_RANGE = range(20_000, 32_000)
# A seeded generator, as some test tools leave it behind, would choose the same for everybody.
_random = random.SystemRandom()


def choose(count: int) -> list[int]:
    """Ports that are free now, all different.

    >>> ports = choose(3)
    >>> len(set(ports)), all(map(is_free, ports))
    (3, True)
    """
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = _random.choice(_RANGE)
            try:
                held.enter_context(_listening(port))
            except OSError:
                continue
            found.append(port)
    return found


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    try:
        _listening(port).close()
    except OSError:
        return False
    return True


def holder(port: int) -> str:
    """Who listens there, in brackets after a space; empty if it cannot be told.

    >>> holder(1)
    ''
    """
    try:
        listening = [each for each in psutil.net_connections("tcp") if each.status == "LISTEN"]
        pids = [each.pid for each in listening if each.laddr[1:] == (port,) and each.pid]
        return f" (pid {pids[0]}, {psutil.Process(pids[0]).name()})" if pids else ""
    except psutil.Error:
        return ""


def answers(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        # As servers do: connections that linger after a restart do not hold a port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1)  # which only one may do: until then, two that reuse can bind
    except OSError:
        listener.close()
        raise
    return listener
