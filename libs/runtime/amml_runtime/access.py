"""What is said when Kafka does not let us in, or lets us in and not to what we want."""

from typing import TYPE_CHECKING

from amml_runtime.broker_protocol import greet
from amml_runtime.errors import AccessDenied, Unavailable
from amml_runtime.kafka_security import security

if TYPE_CHECKING:  # whoever only asks whether a broker is there need not load the client
    from confluent_kafka import KafkaError, KafkaException

_SECONDS = 5.0
_SOON = 1.0
_REFUSED = {29: "topic", 30: "consumer group", 31: "cluster", 53: "transactional id"}  # Kafka's own


def trouble_with(bootstrap: str, seconds: float = _SECONDS) -> AccessDenied | Unavailable | None:
    """Why no broker of these addresses can be used; None if one can.

    A refusal is told rather than silence: it stays until somebody changes something.

    >>> trouble_with("127.0.0.1:1")
    Unavailable('the broker at 127.0.0.1:1 does not answer plainly: [Errno 111] ...')
    """
    found: AccessDenied | Unavailable | None = None
    for address in bootstrap.split(","):
        try:
            greet(address.strip(), seconds)
            return None
        except AccessDenied as error:
            found = error
        except Unavailable as error:
            found = found or error
    return found


def refuse_denied(bootstrap: str, seconds: float = _SOON) -> None:
    """Raise `AccessDenied` if no broker lets us in; silence may have other reasons."""
    if security().protocol != "PLAINTEXT":
        trouble = trouble_with(bootstrap, seconds)
        if isinstance(trouble, AccessDenied):
            raise trouble


def silent(bootstrap: str, error: "KafkaException") -> AccessDenied | Unavailable:
    """What is said after a client has waited in vain."""
    trouble = trouble_with(bootstrap, _SOON)
    if isinstance(trouble, AccessDenied):
        return trouble
    return Unavailable(f"Kafka at {bootstrap} does not answer: {error.args[0].str()}")


def denial(error: "KafkaError", right: str, name: str) -> AccessDenied | None:
    """What is said if an error means that our principal has no right; None if it means another.

    Parameters:
        right: what was tried, in the word of Kafka's rules: `Read`, `Write`, `Create`, ...
        name: of the topic, group or transactional id.
    """
    kind = _REFUSED.get(error.code())
    if kind is None:
        return None
    return AccessDenied(
        f"{security().principal} lacks the right {right} on {kind} {name}. Nothing was skipped; "
        "`amml plan NAME 'TEXT' --acls` prints the rules that the workflow needs"
    )
