"""A supervisor on a platform of its own, whose steps are pretenders."""

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform import processes
from amml_deploy.platform.home import Platform
from amml_deploy.platform.platform import up
from amml_deploy.platform.processes import Process

PRETENDER = Path(__file__).parent / "pretender.py"


@dataclass
class Rig:
    """A workflow that is deployed by a test, and the supervisor that looks after it."""

    platform: Platform
    control: Control
    diary: Path
    name: str = field(default_factory=lambda: f"w{uuid.uuid4().hex[:8]}")
    version: int | None = None

    def deploy(self, run: int = 1, text: str = "a | b", **does: Any) -> None:
        """Want steps that do as told: `deploy(a="runs", b=("completes", 2))` for two slots."""
        steps: list[dict[str, Any]] = []
        for label, told in does.items():
            what, slots = told if isinstance(told, tuple) else (told, 1)
            diary = str(self.diary)
            steps.append({"label": label, "slots": slots, "does": what, "diary": diary, "run": run})
        topics = [{"name": f"amml.{self.name}.r{run}.a", "partitions": 1, "config": {}}]
        plan = {"prefix": "amml", "topics": topics, "steps": steps}
        body = {"text": text, "plan": plan, "run": run, "expected_version": self.version}
        self.version = self.control.put(f"/workflows/{self.name}", body)["version"]

    def want(self, desired: str) -> None:
        """Run, stop or remove the workflow."""
        self.control.patch(f"/workflows/{self.name}", {"desired": desired})

    def status(self) -> dict[str, Any]:
        """What the supervisor has reported; empty before the first report."""
        found = self.control.find(f"/workflows/{self.name}")
        return (found or {}).get("status") or {}

    def slot(self, label: str, number: int = 0) -> dict[str, Any]:
        """What the supervisor has reported of one slot."""
        return self.status()["steps"][label][number]

    def wait(self, state: str, version: int | None = None) -> dict[str, Any]:
        """Wait until the workflow is reported in this state, for its newest version."""
        wanted = {"state": state, "version": version or self.version}
        seen: dict[str, Any] = {}

        def arrived() -> bool:
            seen.clear()
            seen.update(self.status())
            return wanted.items() <= seen.items()

        self.until(arrived)
        return seen

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until `holds()`."""
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, self.status()
            time.sleep(0.02)

    def starts(self, slot: str) -> list[tuple[float, int]]:
        """When a slot was started, and as which process."""
        if not self.diary.exists():
            return []
        lines = (line.split() for line in self.diary.read_text(encoding="utf-8").splitlines())
        return [(float(at), int(pid)) for who, at, pid in lines if who == slot]

    @property
    def supervisor(self) -> Process:
        """The supervisor's process."""
        found = processes.find(self.platform.home.pid_file("supervisor"))
        assert found is not None
        return found

    def start_supervisor(self) -> None:
        """Start one as `amml up` does, but with pretenders for steps."""
        home = self.platform.home
        processes.start(
            [sys.executable, "-m", "amml_deploy.supervisor", sys.executable, str(PRETENDER)],
            pid_file=home.pid_file("supervisor"),
            log=home.log("supervisor"),
            environ=os.environ | {"AMML_HOME": str(home.path)},
            folder=home.path,
        )
        self.until(lambda: processes.find(home.pid_file("supervisor")))

    def kill_supervisor(self) -> None:
        """End it with no chance to do anything."""
        process = self.supervisor
        process.signal(signal.SIGKILL)
        assert processes.wait([process], 10)


@pytest.fixture(scope="module")
def pretending(own_platform: Platform) -> Generator[Platform]:
    """A platform whose supervisor starts pretenders; afterwards it has none."""
    home = own_platform.home
    up(home.path, lambda _part, _state: None)
    if found := processes.find(home.pid_file("supervisor")):
        processes.stop([found], 10)
    with Control(own_platform.control, own_platform.token) as control:
        Rig(own_platform, control, home.path / "diary").start_supervisor()
    yield own_platform
    if found := processes.find(home.pid_file("supervisor")):
        processes.stop([found], 20)


@pytest.fixture
def rig(pretending: Platform, tmp_path: Path) -> Generator[Rig]:
    """A workflow for one test, removed at its end."""
    with Control(pretending.control, pretending.token) as control:
        rig = Rig(pretending, control, tmp_path / "diary")
        yield rig
        if control.find(f"/workflows/{rig.name}"):
            rig.want("removed")
            rig.until(lambda: control.find(f"/workflows/{rig.name}") is None)
