"""A broker that a test may freeze."""

import signal
import time
from dataclasses import dataclass

import psutil

from amml_deploy.platform.processes import Process


@dataclass(frozen=True)
class Broker:
    """Kafka alone, without the rest of a platform."""

    port: int
    process: Process

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Its connections stay open, and nothing answers.

        A signal stops a process a moment after it was sent: until then it may still answer.
        """
        self.process.signal(signal.SIGSTOP)
        threads = [each.id for each in psutil.Process(self.process.pid).threads()]
        while not all(map(_is_stopped, threads)):
            time.sleep(0.001)

    def thaw(self) -> None:
        """Let it go on; nothing happens to one that is not frozen."""
        self.process.signal(signal.SIGCONT)


def _is_stopped(thread: int) -> bool:
    try:
        return psutil.Process(thread).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return True
