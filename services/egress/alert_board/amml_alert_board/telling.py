"""Who is told of what, and when: pure decisions about one key's alerts.

An entry is plain data, as the table keeps it:

    open      id -> the alert, of those that are not resolved; the newest of them
    telling   "id/state" of the notice that is being given, or was when the process died
    told      "id/state" of the last notices
    at        when the last notice that an alert fires was given, in seconds since 1970
    waiting   the newest alert that fires and of which nobody was told yet
    more      how many others there were since `at`
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Alert = Mapping[str, Any]
Entry = Mapping[str, Any]

MOST_OPEN = 20
MOST_TOLD = 50


class Notice(NamedTuple):
    """What somebody is told: an alert, and how many others of its key there were since."""

    alert: Alert
    more: int = 0

    @property
    def name(self) -> str:
        """The same whenever the notice is given again."""
        return f"{self.alert['id']}/{self.alert['state']}"


class Decision(NamedTuple):
    """The entry from now on, and the notice that is due."""

    entry: Entry
    notice: Notice | None = None


def seen(entry: Entry, alert: Alert, now: float, period: float) -> Decision:
    """An alert has come, perhaps again.

    At most one notice that an alert of this key fires is due per `period`; the end of one that was
    told is told at once.
    """
    entry = _with_open(entry, alert)
    notice = Notice(alert)
    if alert["state"] == "pending" or notice.name in entry.get("told", ()):
        return Decision(entry)
    if alert["state"] == "resolved":
        if _waits(entry, alert["id"]):
            entry = {**entry, "waiting": None}
        was_told = f"{alert['id']}/firing" in entry.get("told", ())
        return Decision(entry, notice) if was_told else Decision(entry)
    if now - entry.get("at", 0.0) >= period:
        return Decision(entry, Notice(alert, entry.get("more", 0)))
    others = entry.get("more", 0) + (0 if _waits(entry, alert["id"]) else 1)
    return Decision({**entry, "waiting": alert, "more": others})


def due(entry: Entry, now: float, period: float) -> Notice | None:
    """The notice that had to wait, when its time has come."""
    waiting = entry.get("waiting")
    if waiting is None or now - entry.get("at", 0.0) < period:
        return None
    return Notice(waiting, max(0, entry.get("more", 0) - 1))


def told(entry: Entry, notice: Notice, now: float) -> Entry:
    """A notice was given, or nobody needs it any more."""
    names = [*entry.get("told", ()), notice.name][-MOST_TOLD:]
    entry = {**entry, "telling": None, "told": names}
    if notice.alert["state"] == "resolved":
        return entry
    return {**entry, "at": now, "waiting": None, "more": 0}


def put_off(entry: Entry, notice: Notice, now: float) -> Entry:
    """Nobody is to be told now: whether it still fires is asked again in a period."""
    return {**entry, "at": now, "waiting": notice.alert, "more": max(1, entry.get("more", 0))}


def over(entry: Entry, id: str) -> Entry:
    """An alert is resolved, as somebody else knows."""
    left = {each: alert for each, alert in entry.get("open", {}).items() if each != id}
    waiting = None if _waits(entry, id) else entry.get("waiting")
    return {**entry, "open": left, "waiting": waiting}


def _with_open(entry: Entry, alert: Alert) -> Entry:
    left = {id: each for id, each in entry.get("open", {}).items() if id != alert["id"]}
    if alert["state"] != "resolved":
        left[alert["id"]] = alert
    return {**entry, "open": dict(list(left.items())[-MOST_OPEN:])}


def _waits(entry: Entry, id: str) -> bool:
    return (entry.get("waiting") or {}).get("id") == id
