"""The alert board, as a process of this Python, where its package is installed."""

import signal
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from amml_deploy.platform.home import Home, Platform
from amml_deploy.platform.server import Command, is_well

_PACKAGE = "amml_alert_board"


@dataclass(frozen=True)
class AlertBoard:
    """The alert board of a platform."""

    home: Home
    platform: Platform

    name = "alert-board"
    stop_signal = signal.SIGTERM

    @property
    def ports(self) -> tuple[int, ...]:
        """Where its page is."""
        return (self.platform.ports["alerts"],)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def prepare(self) -> None:
        """What it keeps is in Kafka and behind the control API; Faust wants a folder."""
        self.home.data(self.name).mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        """Who is told is in `<home>/alerts.yaml`, which need not be there."""
        environ = {
            "AMML_KAFKA": self.platform.kafka,
            "AMML_CONTROL": self.platform.control,
            "AMML_TOKEN_FILE": str(self.home.token_file),
            "AMML_FOLDER": str(self.home.data(self.name)),
            "AMML_ALERTS_FILE": str(self.home.path / "alerts.yaml"),
            "AMML_SECRETS": str(self.home.secrets),
            "AMML_HOST": "127.0.0.1",
            "AMML_PORT": str(self.ports[0]),
        }
        return Command([sys.executable, "-m", _PACKAGE], environ, self.home.path)

    def is_ready(self) -> bool:
        """Whether its page is there; the alerts follow when it has joined its groups in Kafka."""
        return is_well(f"{self.url}/health")


def is_there(platform: Platform) -> bool:
    """Whether the platform has one: its package is installed, and a port was chosen for it."""
    return "alerts" in platform.ports and find_spec(_PACKAGE) is not None
