"""Whether the broker is there at all: told at once, and without loading its client."""

import socket

from amml_deploy.errors import AmmlError
from amml_runtime.broker_protocol import answers

_CONNECTS_WITHIN = 3.0


def check_broker(bootstrap: str) -> None:
    """Ask for nothing that nobody could carry out.

    Parameters:
        bootstrap: addresses with commas between them; one that listens is enough.
    Errors: AmmlError, none does.

    >>> check_broker("127.0.0.1:1")
    Traceback (most recent call last):
    amml_deploy.errors.AmmlError: Kafka at 127.0.0.1:1 does not answer: is the platform up? ...
    """
    if not any(map(_listens, bootstrap.split(","))):
        raise AmmlError(f"Kafka at {bootstrap} does not answer: is the platform up? run `amml up`")


def broker_trouble(bootstrap: str) -> str:
    """What a person should know if no broker answers; empty if one does.

    A broker that is frozen still takes connections, so this asks it something.

    >>> broker_trouble("127.0.0.1:1")
    'Kafka at 127.0.0.1:1 does not answer'
    """
    if any(answers(address.strip()) for address in bootstrap.split(",")):
        return ""
    return f"Kafka at {bootstrap} does not answer"


def _listens(address: str) -> bool:
    host, _, port = address.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECTS_WITHIN).close()
    except (OSError, ValueError):
        return False
    return True
