"""Starts the processes of a round as the supervisor does, some of them with a fail point."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amml_deploy.certify.faults import Fault
from amml_deploy.platform import processes
from amml_deploy.platform.processes import Process
from amml_deploy.supervisor.folder import Folder
from amml_deploy.supervisor.wish import Slot
from amml_deploy.supervisor.workers import Launcher


@dataclass(frozen=True)
class Armed(Launcher):
    """Gives each life of a slot the fail point that is next for it, until that one was reached."""

    points: Mapping[Slot, list[Fault]] = field(default_factory=dict[Slot, list[Fault]])

    def environ(self, folder: Folder, slot: Slot, slots: int, port: int) -> Mapping[str, str]:
        """As the supervisor gives it, and where this life is to end."""
        given = super().environ(folder, slot, slots, port)
        waiting = self.points.get(slot)
        if not waiting:
            return given
        return {**given, "AMML_FAIL_POINT": f"{waiting[0].point}@{_mark(folder, slot, waiting)}"}

    def reached(self, folder: Folder, slot: Slot) -> Fault | None:
        """The fail point at which a slot has just ended, if it was one; told once."""
        waiting = self.points.get(slot)
        if not waiting or not _mark(folder, slot, waiting).exists():
            return None
        return waiting.pop(0)

    def copy(self, folder: Folder, slot: Slot, slots: int, number: int) -> Process:
        """Start a second process of a slot, with files of its own."""
        path = folder.path / "copies" / f"{slot}.{number}"
        (path / "tmp").mkdir(parents=True)
        own = {"TMPDIR": str(path / "tmp"), "AMML_EXIT_FILE": str(path / "exit")}
        return processes.start(
            self.command,
            pid_file=path / "pid",
            log=folder.log(slot),
            environ={**super().environ(folder, slot, slots, 0), **own},
            folder=path,
        )


def fail_points(faults: Iterable[Fault]) -> dict[Slot, list[Fault]]:
    """The fail points among some faults, by the slot they are for."""
    found: dict[Slot, list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.slot and fault.point:
            found[fault.slot].append(fault)
    return dict(found)


def _mark(folder: Folder, slot: Slot, waiting: list[Fault]) -> Path:
    """The file that says that a fail point was reached."""
    return folder.path / f"{slot}.{len(waiting)}.reached"
