"""Looks at every schedule, takes the runs that are due, and carries them out."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amml_deploy.control import Control, ControlError
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.scheduler.allowed import words_of
from amml_deploy.scheduler.due import due, rule_of
from amml_deploy.scheduler.running import Pace, Running

AT_ONCE = 4  # commands of one scheduler; the others wait their turn
_LOOK = 2.0
_SOON = 0.2


@dataclass
class _Taken:
    """A run that is ours, as long as we say so."""

    schedule: str
    id: int
    path: str
    timeout: float
    running: Running
    renew_at: float
    state: str = ""


class Scheduler:
    """One of any number of schedulers: PostgreSQL decides who gets a run.

    Parameters:
        control: the control API.
        environ: what commands find their platform with.
        say: told of what is done, and of what keeps it from looking.
        pace: how long a run is ours without a word.
    """

    def __init__(
        self,
        control: Control,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        pace: Pace | None = None,
    ) -> None:
        self._control = control
        self._environ = environ
        self._say = say
        self._pace = pace or Pace()
        self._by = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._taken: list[_Taken] = []
        self._told: dict[str, str] = {}
        self._look_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="scheduler", daemon=True)

    def start(self) -> None:
        """`run` in a thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the thread stop its commands and end; `join` waits for it."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the commands have ended and that is written down, as far as anybody answers.

        What is left then ends with this process, as its lifeline does.
        """
        self._thread.join(2 * self._pace.grace)

    def run(self) -> None:
        """Do what is due, until asked to stop or interrupted; then stop the commands."""
        try:
            while not self._stopping.wait(_SOON if self._taken else _LOOK):
                self.turn()
        finally:
            self._stop_all()

    def turn(self) -> None:
        """Look after the runs under way, and now and then for new ones."""
        self._look_after_all()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK
            with self._going_on("scheduler"):
                self._look()

    def _look(self) -> None:
        found = self._control.get("/schedules")
        now = datetime.fromisoformat(found["now"])
        waiting: list[tuple[datetime, str, Mapping[str, Any]]] = []
        for schedule in found["schedules"]:
            with self._going_on(name := f"schedule {schedule['name']}"):
                waiting += [(time_due, name, schedule) for time_due in _due(schedule, now)]
        for time_due, name, schedule in sorted(waiting, key=lambda each: each[:2]):
            if len(self._taken) < AT_ONCE:
                with self._going_on(f"a run of {name}"):
                    self._take(schedule, time_due)

    def _take(self, schedule: Mapping[str, Any], time_due: datetime) -> None:
        """Claim a run, and begin it."""
        name, asked = schedule["name"], time.monotonic()
        body = {"by": self._by, "due": time_due.isoformat(), "lease": self._pace.lease}
        try:
            run = self._control.post(f"/schedules/{name}/runs", body)["id"]
        except ControlError as error:
            if error.status in (404, 409):  # another scheduler was faster
                return
            raise
        path = f"/schedules/{name}/runs/{run}"
        if time.monotonic() - asked > self._pace.too_late:
            self._say(f"schedule {name}: the claim of run {run} was answered too late; it is lost")
            return
        try:
            running = Running(words_of(schedule["run"]), self._environ, self._pace)
        except (UserError, OSError) as error:
            self._put_end(path, "failed", None, [str(error)])
            self._say(f"schedule {name}: {error}")
            return
        renew_at = time.monotonic() + self._pace.beat
        timeout = schedule["timeout_ms"] / 1000
        self._taken.append(_Taken(name, run, path, timeout, running, renew_at))
        self._say(f"schedule {name}: run {run} has begun: {schedule['run']}")

    def _look_after_all(self) -> None:
        for taken in list(self._taken):
            with self._going_on(f"run {taken.id} of schedule {taken.schedule}"):
                self._look_after(taken)

    def _look_after(self, taken: _Taken) -> None:
        code = taken.running.exit_code()
        if code is not None:
            self._end(taken, code)
            return
        if time.monotonic() - taken.running.began > taken.timeout:
            taken.running.stop("timed out")
        if time.monotonic() >= taken.renew_at:
            self._renew(taken)

    def _renew(self, taken: _Taken) -> None:
        asked = time.monotonic()
        taken.renew_at = asked + self._pace.beat / 3  # if it fails
        try:
            self._control.patch(taken.path, {"by": self._by, "lease": self._pace.lease})
        except ControlError as error:
            if error.status not in (404, 409):
                raise
            taken.running.stop("lost")
            return
        taken.renew_at = asked + self._pace.beat
        if time.monotonic() - asked < self._pace.too_late:
            taken.running.keep()

    def _end(self, taken: _Taken, code: int) -> None:
        state = taken.state or taken.running.state(code)
        taken.state = state  # it stays, however long the control API does not answer
        try:
            self._put_end(taken.path, state, code, taken.running.last_lines())
        except ControlError as error:
            if error.status not in (404, 409):  # it was given up as lost
                raise
            state = "lost"
        self._taken.remove(taken)
        taken.running.close()
        self._say(f"schedule {taken.schedule}: run {taken.id} has ended: {state}")

    def _put_end(self, path: str, state: str, code: int | None, output: list[str]) -> None:
        body = {"by": self._by, "state": state, "exit_code": code, "output": output}
        self._control.put(path, body)

    def _stop_all(self) -> None:
        """What the control API cannot be told of is lost when its lease is over."""
        for taken in self._taken:
            taken.running.stop("stopped")
        end = time.monotonic() + self._pace.grace + 3
        while self._taken and time.monotonic() < end:
            self._look_after_all()
            time.sleep(0.02)
        for taken in self._taken:
            taken.running.close()

    @contextmanager
    def _going_on(self, what: str) -> Generator[None]:
        """What keeps us from it is said once, and tried again with the next turn."""
        try:
            yield
        except AmmlError as error:
            if self._told.get(what) != str(error):
                self._told[what] = str(error)
                self._say(f"{what}: {error}")
        else:
            self._told.pop(what, None)


def _due(schedule: Mapping[str, Any], now: datetime) -> list[datetime]:
    """The time to run for next, if there is one and nobody runs it now.

    Errors: UserError, its rule cannot be read.
    """
    if (schedule["latest"] or {}).get("state") == "running":
        return []
    if schedule["asked"]:
        return [datetime.fromisoformat(schedule["asked"])]
    if schedule["paused"]:
        return []
    last = datetime.fromisoformat(schedule["last"])
    return due(rule_of(schedule), last, now, schedule["missed"])[:1]
