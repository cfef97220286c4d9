"""A broker that a test may freeze."""

import signal
from dataclasses import dataclass

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
        """Its connections stay open, and nothing answers."""
        self.process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on; nothing happens to one that is not frozen."""
        self.process.signal(signal.SIGCONT)
