"""A broker that a test may freeze."""

import signal
import time
from dataclasses import dataclass

import psutil

from amml_deploy.platform.processes import Process
from amml_runtime import admin
from amml_runtime.errors import Unavailable
from amml_runtime.spec import TopicSpec

SERVES_WITHIN = 90.0  # seconds; its own controller may have given up a broker that was frozen


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

    def until_it_serves(self) -> None:
        """Wait until it makes and removes a topic."""
        end = time.monotonic() + SERVES_WITHIN
        while True:
            try:
                admin.create_topics(self.address, [TopicSpec("thawed.probe", 1)])
                return admin.remove_prefix(self.address, "thawed.")
            except Unavailable:
                if time.monotonic() > end:
                    raise


def _is_stopped(thread: int) -> bool:
    try:
        return psutil.Process(thread).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return True
