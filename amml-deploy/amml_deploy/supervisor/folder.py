"""The files of a workflow's slots: `home/workflows/<name>/{specs,run,logs,tmp}`."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from amml_deploy.platform import processes
from amml_deploy.platform.errors import tail
from amml_deploy.supervisor.wish import Slot
from amml_deploy.supervisor.worker import Worker

_LOG_LINES = 8


class LastWords(NamedTuple):
    """How a process says that it ended: exit code, reason, and its last figures."""

    code: int
    reason: str
    samples: Mapping[str, float]


@dataclass(frozen=True)
class Folder:
    """The files of one workflow."""

    path: Path

    def spec(self, slot: Slot) -> Path:
        """What the slots of a step are told."""
        return self.path / "specs" / f"{slot.label}.json"

    def log(self, slot: Slot) -> Path:
        """What a slot has said."""
        return self.path / "logs" / f"{slot}.log"

    def pid(self, slot: Slot) -> Path:
        """Which process a slot is."""
        return self.path / "run" / f"{slot}.pid"

    def exit(self, slot: Slot) -> Path:
        """What a slot wrote as its last act."""
        return self.path / "run" / f"{slot}.exit"

    def record(self, slot: Slot) -> Path:
        """What is known of a slot."""
        return self.path / "run" / f"{slot}.json"

    def temporary(self, slot: Slot) -> Path:
        """Where a slot puts its temporary files, so that a killed one leaves none behind."""
        return self.path / "tmp" / str(slot)

    def empty_temporary(self, slot: Slot) -> None:
        """Remove the temporary files of the process before."""
        shutil.rmtree(self.temporary(slot), ignore_errors=True)
        self.temporary(slot).mkdir(parents=True)

    def workers(self) -> list[Worker]:
        """What an earlier supervisor knew, with the processes that still run."""
        return [self._worker(path) for path in sorted((self.path / "run").glob("*.json"))]

    def keep(self, worker: Worker) -> None:
        """Write down what is known of a slot."""
        write_json(self.record(worker.slot), worker.to_json())

    def forget(self, slot: Slot) -> None:
        """Remove what is known of a slot; its log stays for people."""
        for path in (self.pid(slot), self.exit(slot), self.record(slot)):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.temporary(slot), ignore_errors=True)

    def last_words(self, slot: Slot) -> LastWords | None:
        """What a slot wrote as its last act, if it lived to write it."""
        try:
            document = json.loads(self.exit(slot).read_text(encoding="utf-8"))
            samples = dict(document.get("samples", {}))
            return LastWords(int(document["code"]), str(document["reason"]), samples)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def last_lines(self, slot: Slot) -> tuple[str, ...]:
        """The end of a slot's log."""
        return tuple(tail(self.log(slot), _LOG_LINES))

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _worker(self, record: Path) -> Worker:
        label, _, number = record.stem.rpartition(".")
        slot = Slot(label, int(number))
        worker = Worker.from_json(slot, json.loads(record.read_text(encoding="utf-8")))
        # One that ran and has no process now has ended unseen: `Workers.look` says how.
        process = processes.find(self.pid(slot)) if worker.alive else None
        return replace(worker, process=process, adopted=True)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(document), encoding="utf-8")
    new.replace(path)
