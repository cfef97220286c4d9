"""Watching a workflow from the terminal until it is as wanted: one line for each change."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from amml_deploy.backends import Backend
from amml_deploy.errors import AmmlError
from amml_deploy.output import say
from amml_deploy.status import STALE_AFTER, age_of

Document: TypeAlias = Mapping[str, Any]
Sleep: TypeAlias = Callable[[float], None]

_POLL = 0.25
_SILENCE = 30.0  # seconds in which a supervisor that runs would long have spoken
_ASK_EVERY = 2.0
_LOG_LINES = 12


class WorkflowFailed(AmmlError):
    """A workflow was deployed and failed."""


class _Watch:
    """Says each change of a step's state once, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._said: dict[str, str] = {}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def look(self, status: Document) -> None:
        if message := status.get("message"):
            self.say("all", message)
        for label, slots in status.get("steps", {}).items():
            for number, slot in enumerate(slots):
                name = label if len(slots) == 1 else f"{label}.{number}"
                self.say(name, _described(slot))

    def say(self, name: str, text: str) -> None:
        if self._said.get(name) != text:
            self._said[name] = text
            say(f"{self.seconds:6.1f} s  {name}: {text}")


class _Hindrance:
    """What keeps everything waiting, asked for now and then; one that does not pass is an error."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._next = 0.0
        self._since: float | None = None

    def look(self, workflow: str, watch: _Watch) -> None:
        if watch.seconds < self._next:
            return
        said = self._ask()
        self._next = watch.seconds + _ASK_EVERY
        if not said:
            self._since = None
            return
        watch.say("all", f"waiting: {said}")
        self._since = watch.seconds if self._since is None else self._since
        if (passed := watch.seconds - self._since) >= _SILENCE:
            raise AmmlError(
                f"{said}, for {passed:.0f} s now: is the platform up? run `amml up`, or "
                f"`amml doctor` to see why; `{workflow}` is deployed, and starts when it does"
            )


def _nothing() -> str:
    """Nothing hinders it."""
    return ""


def wait_until_up(
    backend: Backend,
    workflow: str,
    version: int,
    bounded: bool,
    sleep: Sleep = time.sleep,
    hindrance: Callable[[], str] = _nothing,
) -> str:
    """Wait until a deployed version runs or, bounded, has completed; the state it is in.

    Parameters:
        hindrance: what keeps every workflow waiting, such as a silent broker; empty if nothing.
    Errors: WorkflowFailed, with the reason and the last lines of the step's log; AmmlError,
        it was changed or removed meanwhile, nobody reports on it, or what hinders it does not
        pass.
    """
    wanted = ("completed",) if bounded else ("running", "completed")
    hindered = _Hindrance(hindrance)
    for document, watch in _looks(backend, workflow, sleep):
        if document is None or document["desired"] == "removed":
            raise AmmlError(f"`{workflow}` was undeployed while this waited")
        if document["version"] != version:
            raise AmmlError(f"`{workflow}` was deployed anew while this waited")
        status = document.get("status") or {}
        hindered.look(workflow, watch)
        if status.get("version") != version:
            watch.say("all", "waiting for the supervisor to take it up")
            _check_silence(document, watch)
            continue
        watch.look(status)
        if status["state"] in wanted:
            return status["state"]
        if status["state"] == "failed":
            raise WorkflowFailed(_failure(backend, workflow, status))
        _check_silence(document, watch)
    raise AssertionError("looking never ends by itself")


def wait_until_gone(backend: Backend, workflow: str, sleep: Sleep = time.sleep) -> None:
    """Wait until nothing of an undeployed workflow is left.

    Errors: AmmlError, nobody works on it.
    """
    for document, watch in _looks(backend, workflow, sleep):
        if document is None or document["desired"] != "removed":
            return  # gone, or deployed again by somebody
        watch.look(document.get("status") or {})
        _check_silence(document, watch)


def _looks(
    backend: Backend, workflow: str, sleep: Sleep
) -> Iterator[tuple[Document | None, _Watch]]:
    watch = _Watch()
    while True:
        yield backend.status(workflow), watch
        sys.stderr.flush()
        sleep(_POLL)


def _check_silence(document: Document, watch: _Watch) -> None:
    age = age_of(document, datetime.now(UTC))
    if watch.seconds > _SILENCE and (age is None or age > STALE_AFTER):
        raise AmmlError(
            f"the supervisor does not report on `{document['name']}`: is the platform up? "
            "run `amml up`; what was asked for is kept, and done then"
        )


def _described(slot: Document) -> str:
    reason = slot.get("reason")
    state = str(slot["state"])
    return state if reason in (None, "", state) else f"{state} ({reason})"


def _failure(backend: Backend, workflow: str, status: Document) -> str:
    """Why a workflow failed: the step that did, its reason, its last words."""
    said = [str(status.get("message") or "it failed")]
    for label, slots in status.get("steps", {}).items():
        for slot in slots:
            if slot["state"] == "failed":
                said = [f"{label}: {slot.get('reason') or 'it failed'}"]
                said += [f"  {line.text}" for line in backend.logs(workflow, label, _LOG_LINES)]
                return "\n".join([f"`{workflow}` failed", *said])
    return "\n".join([f"`{workflow}` failed", *said])
