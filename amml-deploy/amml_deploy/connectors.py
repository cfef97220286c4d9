"""How connectors are, waiting until they run, and the worker behind them."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from amml_deploy.control import Control, ControlError, home_of
from amml_deploy.output import say

TRIES = 5
T = TypeVar("T")

_POLL = 0.25
_STEADY = 2.0  # a task that cannot read its table runs for a moment before it fails
_WITHIN = 60.0


@dataclass(frozen=True)
class Seen:
    """How a connector is.

    Parameters:
        state: `RUNNING` when it and all of its tasks do; `FAILED` when one of them has;
            `STARTING` while it has no task yet.
        running, tasks: how many do, of how many.
        cause: why it has failed, in a line.
    """

    name: str
    state: str
    running: int
    tasks: int
    cause: str = ""

    def __str__(self) -> str:
        return f"{self.state}, {self.running} of {self.tasks} tasks" + f": {self.cause}" * bool(
            self.cause
        )


def seen(status: Mapping[str, Any]) -> Seen:
    """How a connector is, from what Connect says of it.

    >>> seen({"name": "hall", "connector": {"state": "RUNNING"}, "tasks": []}).state
    'STARTING'
    """
    parts = [status["connector"], *status["tasks"]]
    states = [part["state"] for part in parts]
    running = states[1:].count("RUNNING")
    state = states[0] if states[0] != "RUNNING" or states[1:] else "STARTING"
    if "FAILED" in states:
        state = "FAILED"
    elif state == "RUNNING" and running < len(states) - 1:
        state = next(each for each in states[1:] if each != "RUNNING")
    traces = [part["trace"] for part in parts if part["state"] == "FAILED" and part.get("trace")]
    return Seen(status["name"], state, running, len(states) - 1, cause(traces[0]) if traces else "")


def cause(trace: str) -> str:
    """The innermost cause of a Java stack trace, in one line.

    >>> cause("a.Outer: task failed\\n\\tat a.B.c(B.java:1)\\nCaused by: x.SqlError: no table `t`"
    ...       "\\n  Position: 15\\n\\tat a.D.e(D.java:2)\\n\\t... 9 more")
    'SqlError: no table `t` Position: 15'
    """
    innermost = trace.rpartition("Caused by: ")[2]
    said: list[str] = []
    for line in innermost.splitlines():
        if re.match(r"\s+(at |\.\.\. \d+ |Suppressed: )", line):
            break
        said.append(line.strip())
    return re.sub(r"^(?:[\w$]+\.)+([A-Z][\w$]*)(?=:|$)", r"\1", " ".join(said))


def wait(
    control: Control,
    name: str,
    sleep: Callable[[float], None] = time.sleep,
    resting: tuple[str, ...] = ("PAUSED", "STOPPED"),
) -> Seen:
    """Watch a connector until it runs steadily, has failed or rests; how it is then.

    After a minute it is told as it is.

    Parameters:
        resting: states that last until somebody ends them.
    """
    since, last, end = time.monotonic(), "", time.monotonic() + _WITHIN
    while True:
        status = control.find(f"/connectors/{name}/status")
        now = seen(status) if status else Seen(name, "STARTING", 0, 0)
        if now.state != last:
            say(f"{name}: {now.state.lower()}")
            since, last = time.monotonic(), now.state
        steady = now.state == "RUNNING" and time.monotonic() - since >= _STEADY
        if steady or now.state in ("FAILED", *resting) or time.monotonic() > end:
            return now
        sleep(_POLL)


def wait_until_gone(
    control: Control, name: str, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait until nothing of a removed connector is left; after a minute, it may be that some is."""
    end = time.monotonic() + _WITHIN
    while control.find(f"/connectors/{name}/status") and time.monotonic() < end:
        sleep(_POLL)


def restarts(
    control: Control, name: str, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Seen]:
    """Restart what has failed of a connector, a few times, ever later; how it is after each."""
    for number in range(TRIES):
        say(f"{name}: restart {number + 1} of {TRIES}")
        control.post(f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")
        sleep(_POLL)
        now = wait(control, name, sleep)
        yield now
        if now.state != "FAILED":
            return
        if number + 1 < TRIES:
            sleep(2**number)


def with_worker(ask: Callable[[], T]) -> T:
    """What was asked; on the embedded platform a missing worker is started first.

    Errors: ControlError, the worker is one of somebody's own, and does not answer.
    """
    try:
        return ask()
    except ControlError as error:
        missing = error.code in ("no_worker", "worker_unavailable")
        if not missing or os.environ.get("AMML_CONTROL"):
            raise
    from amml_deploy.platform.platform import up
    from amml_deploy.progress import progress

    say("no Kafka Connect worker runs yet: starting one, now and at every `amml up`")
    with progress() as report:
        up(home_of(os.environ), report, connect=True)
    return ask()
