"""The control API, as a process of this Python."""

import signal
import sys
from dataclasses import dataclass

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.server import Command, is_well


@dataclass(frozen=True)
class ModelManager:
    """The model manager of a platform."""

    home: Home
    platform: Platform

    name = "model-manager"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it is asked."""
        return (self.platform.ports["control"],)

    def prepare(self) -> None:
        """It keeps nothing itself: all is in PostgreSQL and HDFS."""

    def command(self) -> Command:
        """Its addresses and secrets travel in the environment, never on the command line."""
        environ = {
            "AMML_DATABASE": self.platform.database,
            "AMML_HDFS": self.platform.webhdfs,
            "AMML_HDFS_ROOT": "/amml",
            "AMML_TOKEN_FILE": str(self.home.token_file),
            "AMML_CONNECT": self.platform.connect,
            "AMML_SECRETS": str(self.home.secrets),
            "AMML_HOST": "127.0.0.1",
            "AMML_PORT": str(self.ports[0]),
        }
        return Command([sys.executable, "-m", "amml_model_manager"], environ, self.home.path)

    def is_ready(self) -> bool:
        """Whether it is well, and so are its servers."""
        return is_well(f"{self.platform.control}/health")
