"""Giving a notice to those who are to be told, again and again for a while."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from amml_alert_board.telling import Notice

_LOG = logging.getLogger(__name__)
PAUSES = (1.0, 2.0, 4.0, 8.0)
_SHOWN = ("workflow", "step", "key", "id", "state", "severity", "time", "value", "message")


class NotSent(Exception):
    """A destination did not take a notice; `final`: it never will."""

    def __init__(self, why: str, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


def _failed(error: Exception) -> NotSent:
    return NotSent(type(error).__name__, final=True)


class Destination(Protocol):
    """Where notices go."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    @property
    def severities(self) -> frozenset[str]:
        """What it is told of; everything, if empty."""
        ...

    def send(self, notice: Notice) -> None:
        """Give it a notice. Errors: NotSent."""
        ...


class Sender:
    """Gives notices to destinations; one that is away is not waited for with every notice."""

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        self._pauses = pauses
        self._away: set[str] = set()
        self.failures: dict[str, str] = {}

    async def send(self, destinations: Iterable[Destination], notice: Notice) -> None:
        """Tell all that are to be told of it, at once; who cannot be told is logged."""
        severity = notice.alert["severity"]
        wanted = [each for each in destinations if severity in (each.severities or {severity})]
        await asyncio.gather(*(self._send(each, notice) for each in wanted))

    async def _send(self, destination: Destination, notice: Notice) -> None:
        for pause in (*(() if destination.name in self._away else self._pauses), None):
            try:
                await asyncio.to_thread(destination.send, notice)
            except Exception as found:  # of one destination: the others are told all the same
                error = found if isinstance(found, NotSent) else _failed(found)
                if pause is None or error.final:
                    self._gave_up(destination.name, notice, error)
                    return
                await asyncio.sleep(pause)
            else:
                self._away.discard(destination.name)
                self.failures.pop(destination.name, None)
                return

    def _gave_up(self, name: str, notice: Notice, error: NotSent) -> None:
        _LOG.error("%s was not told of alert %s: %s", name, notice.name, error)
        self._away.add(name)
        self.failures[name] = f"was not told of alert {notice.name}: {error}"


def title(notice: Notice) -> str:
    """A notice in one line.

    >>> alert = {"workflow": "hot", "step": "alert", "key": "hall", "severity": "critical"}
    >>> title(Notice({**alert, "state": "firing", "message": "too hot"}, more=2))
    '[critical] hot.alert, hall: too hot (and 2 more)'
    >>> title(Notice({**alert, "state": "resolved", "message": ""}))
    '[critical] hot.alert, hall: resolved'
    """
    alert = notice.alert
    key = f", {alert['key']}" if alert["key"] else ""
    said = [alert["state"]] if alert["state"] == "resolved" or not alert["message"] else []
    text = ": ".join([*said, *filter(None, [alert["message"]])])
    more = f" (and {notice.more} more)" if notice.more else ""
    return f"[{alert['severity']}] {alert['workflow']}.{alert['step']}{key}: {text}{more}"


def document(notice: Notice) -> dict[str, Any]:
    """A notice as data."""
    return {name: notice.alert.get(name) for name in _SHOWN} | {"more": notice.more}
