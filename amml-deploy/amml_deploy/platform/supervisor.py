"""The supervisor of local workflows, as a process of this Python."""

import signal
import sys
from dataclasses import dataclass

from amml_deploy.platform import processes
from amml_deploy.platform.home import Home
from amml_deploy.platform.server import Command


@dataclass(frozen=True)
class Supervisor:
    """The supervisor of a platform."""

    home: Home

    name = "supervisor"
    ports = ()
    stop_signal = signal.SIGTERM

    def prepare(self) -> None:
        """It writes what it needs itself."""

    def command(self) -> Command:
        """It reads all but its home from there."""
        argv = [sys.executable, "-m", "amml_deploy.supervisor"]
        return Command(argv, {"AMML_HOME": str(self.home.path)}, self.home.path)

    def is_ready(self) -> bool:
        """Whether this process of it, not an earlier one, has begun to look after workflows."""
        process = processes.find(self.home.pid_file(self.name))
        said = self.home.path / "run" / "supervisor.ready"
        return process is not None and said.exists() and said.read_text("utf-8") == str(process.pid)
