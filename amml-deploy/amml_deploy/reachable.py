"""Whether the broker is there at all: told at once, and without loading its client."""

import socket

from amml_deploy.errors import AmmlError
from amml_runtime.access import refuse_denied, trouble_with
from amml_runtime.errors import AccessDenied

_CONNECTS_WITHIN = 3.0


def check_broker(bootstrap: str) -> None:
    """Ask for nothing that nobody could carry out.

    Parameters:
        bootstrap: addresses with commas between them; one that listens is enough.
    Errors: AmmlError, none does; AccessDenied, they do not let us in.

    >>> check_broker("127.0.0.1:1")
    Traceback (most recent call last):
    amml_deploy.errors.AmmlError: Kafka at 127.0.0.1:1 does not answer: is the platform up? ...
    """
    refuse_denied(bootstrap, _CONNECTS_WITHIN)
    if not any(map(_listens, bootstrap.split(","))):
        raise AmmlError(f"Kafka at {bootstrap} does not answer: is the platform up? run `amml up`")


def broker_trouble(bootstrap: str) -> str:
    """What a person should know if no broker answers; empty if one does.

    A broker that is frozen still takes connections, so this asks it something.

    >>> broker_trouble("127.0.0.1:1")
    'Kafka at 127.0.0.1:1 does not answer'
    """
    trouble = trouble_with(bootstrap)
    if isinstance(trouble, AccessDenied):
        return str(trouble)
    return f"Kafka at {bootstrap} does not answer" if trouble else ""


def _listens(address: str) -> bool:
    host, _, port = address.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECTS_WITHIN).close()
    except (OSError, ValueError):
        return False
    return True
