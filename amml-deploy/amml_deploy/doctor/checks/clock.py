"""The clocks: of this machine against the servers' and against time itself, and the time zones.

Kafka does not tell its time.
"""

import ctypes
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests

from amml_deploy.doctor.finding import Finding, ok, problem, warning
from amml_deploy.doctor.site import Silent, Site
from amml_deploy.errors import AmmlError

_LITTLE, _MUCH = 2.0, 30.0  # a date in HTTP has whole seconds
_UNSYNCHRONISED = 0x40


@dataclass(frozen=True)
class Facts:
    """What the clocks say.

    Parameters:
        ahead: for each server, how many seconds its clock is ahead of ours, at the least.
        synchronised: what the kernel says; None if it says nothing.
        newest: when the platform's newest file was written, by the clock of then.
        zones: whether time zones are known.
    """

    now: float
    ahead: Mapping[str, float]
    synchronised: bool | None
    newest: float
    zones: bool


def examine(site: Site) -> Iterator[Finding]:
    """Look at all clocks."""
    return judge(gather(site))


def gather(site: Site) -> Facts:
    """Ask whoever answers."""
    ahead: dict[str, float] = {}
    try:
        stores = site.stores
        if time_there := stores["database"].get("time"):
            there = datetime.fromisoformat(time_there).timestamp()
            ahead["PostgreSQL"] = _ahead(there, there, stores["asked"], stores["answered"])
    except Silent:
        pass  # the checks of those servers say so
    ahead |= _by_http(site)
    file = site.home.platform_file
    newest = file.stat().st_mtime if file.exists() else 0.0
    return Facts(time.time(), ahead, _synchronised(), newest, _knows_zones())


def judge(facts: Facts) -> Iterator[Finding]:
    """Which clock is wrong, as far as that can be known."""
    found = [*_apart(facts), *_adrift(facts)]
    if not facts.zones:
        found.append(
            problem(
                "time zones are not known",
                "sources and lakes with a time zone cannot start",
                "install the package tzdata, of the system or of Python",
            )
        )
    yield from found
    if not found:
        others = " and ".join(facts.ahead)
        yield ok(f"this machine keeps time{f', and so do {others}' if others else ''}")


def _apart(facts: Facts) -> Iterator[Finding]:
    for server, seconds in facts.ahead.items():
        if abs(seconds) > _LITTLE:
            word = "ahead of" if seconds > 0 else "behind"
            make = problem if abs(seconds) > _MUCH else warning
            yield make(
                f"the clock of {server} is {abs(seconds):.0f} s {word} ours",
                "times in logs, alerts and reports do not agree; lags in seconds are wrong",
                "synchronise both machines with the same time server",
            )


def _adrift(facts: Facts) -> Iterator[Finding]:
    if facts.newest > facts.now + 60:
        yield problem(
            "the clock stood later when the platform was made than now",
            "it was wrong then or is now; event times and retention follow it",
            "set it right; if it was wrong then, `amml down --purge` and begin anew",
        )
    if facts.synchronised is False:
        yield warning(
            "the system does not keep this machine's clock synchronised",
            "it drifts, seconds a week; in a container, the host may do it all the same",
            "switch on its time service: `timedatectl set-ntp true`, or chrony",
        )


def _by_http(site: Site) -> Mapping[str, float]:
    """HDFS and the control API date their answers."""
    places: dict[str, str] = {}
    try:
        places["HDFS"] = f"{site.platform.webhdfs}/jmx?qry=none"
        places["the control API"] = f"{site.platform.control}/health"
    except Silent:
        pass
    found: dict[str, float] = {}
    for server, url in places.items():
        try:
            found[server] = _date(url)
        except (requests.RequestException, AmmlError, ValueError, KeyError):
            continue
    return found


def _date(url: str) -> float:
    with requests.Session() as session:
        session.trust_env = False  # a proxy between here and loopback helps nobody
        asked = time.time()
        answer = session.get(url, timeout=5)
        there = parsedate_to_datetime(answer.headers["date"]).timestamp()
        return _ahead(there, there + 1, asked, time.time())


def _ahead(earliest: float, latest: float, asked: float, answered: float) -> float:
    """How far a clock is ahead at the least, if it stood in one range while ours was in another.

    >>> _ahead(10.0, 11.0, 10.5, 10.6), _ahead(20.0, 21.0, 10.0, 11.0), _ahead(1.0, 2.0, 10.0, 11.0)
    (0.0, 9.0, -8.0)
    """
    if earliest > answered:
        return earliest - answered
    return latest - asked if latest < asked else 0.0


def _synchronised() -> bool | None:
    """What Linux says of its clock; asking changes nothing."""
    if sys.platform != "linux":
        return None
    answer = ctypes.create_string_buffer(512)
    if ctypes.CDLL(None).adjtimex(answer) < 0:
        return None
    # struct timex: unsigned modes, then long offset, freq, maxerror, esterror, and int status
    status: int = struct.unpack_from("@Illlli", answer)[5]
    return not status & _UNSYNCHRONISED


def _knows_zones() -> bool:
    try:
        ZoneInfo("Asia/Seoul")
    except (ZoneInfoNotFoundError, OSError):
        return False
    return True
