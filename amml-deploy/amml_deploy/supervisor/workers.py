"""The processes of one workflow: started, watched, stopped, and known again after a restart."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from amml_deploy.lakes import lake_of
from amml_deploy.platform import ports, processes
from amml_deploy.platform.home import Platform
from amml_deploy.supervisor.decide import Start
from amml_deploy.supervisor.folder import Folder, write_json
from amml_deploy.supervisor.wish import Slot, Wish
from amml_deploy.supervisor.worker import FENCED, Worker
from amml_runtime.kafka_security import without_security
from amml_runtime.settings import SMALL

RUNTIME = (sys.executable, "-m", "amml_runtime")


@dataclass(frozen=True)
class Launcher:
    """How a step's process is run: the program, and where it finds the servers."""

    platform: Platform
    command: Sequence[str] = RUNTIME

    def environ(self, folder: Folder, slot: Slot, slots: int, port: int) -> Mapping[str, str]:
        """What the process is told."""
        return {
            **without_security(os.environ),  # the platform's own broker asks nobody who they are
            **SMALL,
            "TMPDIR": str(folder.temporary(slot)),
            "AMML_SPEC": str(folder.spec(slot)),
            "AMML_SLOT": str(slot.number),
            "AMML_SLOTS": str(slots),
            "AMML_KAFKA": self.platform.kafka,
            "AMML_CONTROL": self.platform.control,
            "AMML_TOKEN_FILE": str(self.platform.home.token_file),
            "AMML_SECRETS": str(self.platform.home.secrets),
            "AMML_LAKE": os.environ.get("AMML_LAKE") or lake_of(self.platform),
            "AMML_METRICS_PORT": str(port),
            "AMML_EXIT_FILE": str(folder.exit(slot)),
        }


class Workers:
    """Every slot of one workflow that is known."""

    def __init__(self, path: Path, launcher: Launcher) -> None:
        self._folder = Folder(path)
        self._launcher = launcher
        self._workers = {worker.slot: worker for worker in self._folder.workers()}

    def all(self) -> list[Worker]:
        """What is known of each slot."""
        return list(self._workers.values())

    def look(self, now: float) -> None:
        """Find out which processes have ended, and which have become ready."""
        for worker in self.all():
            if not worker.alive:
                continue
            if worker.process is None or not worker.process.alive():
                self._set(self._ended(worker, now))
            elif not worker.ready and ports.answers(worker.port):
                self._set(replace(worker, ready=True))
            elif (healthy := worker.healthy(now)) != worker:
                self._set(healthy)

    def start(self, start: Start, wish: Wish, now: float) -> None:
        """Start a slot. Its record is written first, and the process writes its own pid file."""
        slot, step = start.slot, start.step
        before = self._workers.get(slot)
        [port] = ports.choose(1)
        worker = Worker(
            slot, wish.run, wish.version, step.digest, now,
            restarts=start.restarts, failures=start.failures, port=port,
        )  # fmt: skip
        if before is not None and start.restarts:
            worker = replace(
                worker, exit_code=before.exit_code, reason=before.reason, log=before.log
            )
        write_json(self._folder.spec(slot), step.spec)
        self._folder.exit(slot).unlink(missing_ok=True)
        self._folder.empty_temporary(slot)
        self._set(worker)
        process = processes.start(
            self._launcher.command,
            pid_file=self._folder.pid(slot),
            log=self._folder.log(slot),
            environ=self._launcher.environ(self._folder, slot, step.slots, port),
            folder=self._folder.path,
        )
        self._workers[slot] = replace(worker, process=process)

    def stop(self, slot: Slot, now: float) -> None:
        """Tell a slot to end in good order."""
        worker = self._workers[slot]
        self._set(replace(worker, phase="stopping", since=now))
        if worker.process:
            worker.process.signal(signal.SIGTERM)

    def kill(self, slot: Slot) -> None:
        """End a slot and all it has started."""
        if process := self._workers[slot].process:
            for each in [*process.children(), process]:
                each.signal(signal.SIGKILL)

    def forget(self, slot: Slot) -> None:
        """A slot that has ended is not wanted any more."""
        self._folder.forget(slot)
        del self._workers[slot]

    def remove(self) -> None:
        """Nothing of the workflow stays on this disk."""
        self._folder.remove()
        self._workers.clear()

    def _ended(self, worker: Worker, now: float) -> Worker:
        code = worker.process.exit_code() if worker.process else None
        words = self._folder.last_words(worker.slot)
        lines = self._folder.last_lines(worker.slot)
        if words is None:
            return worker.ended(code, _reason(code), lines, now)
        ended = worker.ended(words.code, words.reason, lines, now)
        return replace(ended, samples=words.samples)

    def _set(self, worker: Worker) -> None:
        self._workers[worker.slot] = worker
        self._folder.keep(worker)


def _reason(code: int | None) -> str:
    """Why a process ended that could not say so itself.

    >>> _reason(-9), _reason(1)
    ('killed by SIGKILL', 'ended with exit code 1')
    """
    if code is None:
        return "ended unseen"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    if code == 0:
        return "completed"
    return (
        "a newer process owns its partitions" if code == FENCED else f"ended with exit code {code}"
    )
