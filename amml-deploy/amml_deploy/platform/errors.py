"""What can go wrong with the platform; the message is all a person is shown.

AmmlError
+-- PlatformError       a server does not start, stop or answer
|   +-- DamagedHome     the platform's folder does not say where the servers are
|   +-- PortTaken       somebody else listens where a server of ours should
UserError
+-- HomeError           the folder cannot be the platform's
"""

from pathlib import Path

from amml_deploy.errors import AmmlError, UserError

_LINES = 12


class PlatformError(AmmlError):
    """A server of the platform does not do what it should."""


class DamagedHome(PlatformError):
    """`platform.json` is there and cannot be understood."""


class PortTaken(PlatformError):
    """Another program listens at a port that was chosen for a server."""


class HomeError(UserError):
    """The folder cannot hold the platform; the message says why and what to do."""


def with_log(message: str, log: Path) -> PlatformError:
    """An error that ends with the last lines of a server's log, and where the whole log is."""
    lines = tail(log, _LINES)
    shown = "".join(f"\n    {line}" for line in lines) or " (it is empty)"
    return PlatformError(f"{message}\nthe end of {log}:{shown}")


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a file; none if there is no file."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 16_384))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
