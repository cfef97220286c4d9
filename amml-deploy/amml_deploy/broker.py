"""What commands ask of the broker, without knowing its client."""

import os
import time

from amml_deploy.control import bootstrap_of, home_of
from amml_deploy.errors import AmmlError
from amml_deploy.output import say
from amml_deploy.reachable import check_broker
from amml_runtime.admin import Admin, Topic, list_topics
from amml_runtime.errors import Unavailable

_LOOK_EVERY = 0.5


def bootstrap() -> str:
    """Where the broker listens, as this process's environment says.

    Errors: ControlDown, no platform has ever been started here.
    """
    return bootstrap_of(home_of(os.environ), os.environ)


def topics() -> list[Topic]:
    """Every topic but Kafka's own, by name.

    Errors: AmmlError, the broker does not answer.
    """
    check_broker(bootstrap())
    try:
        return list_topics(bootstrap())
    except Unavailable as error:
        raise AmmlError(f"{error}\nis the platform up? run `amml up`") from error


def is_there(topic: str, wait: bool) -> bool:
    """Whether a topic is there; with `wait`, wait until it is.

    Errors: AmmlError, the broker does not answer; AccessDenied, it is not for us to see.
    """
    said = False
    while topic not in (each.name for each in topics()):
        if not said:
            Admin(bootstrap()).refuse_unseen(topic)
            say(f"nothing has been written to {topic} yet")
            said = True
        if not wait:
            return False
        time.sleep(_LOOK_EVERY)
    return True
