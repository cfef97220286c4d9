"""Which times of a schedule are due: pure, of a rule, the last time settled, and now.

Cron follows Debian's rules where clocks change: what names an hour runs once on such a day, also
when that hour is skipped or comes twice; what runs every few minutes follows those that pass.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from amml_deploy.errors import UserError

Missed: TypeAlias = Literal["skip", "once", "all"]

MOST = 100  # times that are made up for; older ones are let go
LATE = timedelta(minutes=1)  # a time that lies further back was missed


@dataclass(frozen=True)
class Every:
    """One time after the other at the same distance, a day being 24 hours.

    Parameters:
        interval: the distance.
        anchor: the first time.
    """

    interval: timedelta
    anchor: datetime

    def after(self, time: datetime) -> Iterator[datetime]:
        """All times after one, in order.

        >>> start = datetime(2026, 1, 1, tzinfo=UTC)
        >>> next(Every(timedelta(hours=6), start).after(start)).isoformat()
        '2026-01-01T06:00:00+00:00'
        """
        anchor = self.anchor.astimezone(UTC)  # sums in another zone skip and repeat hours
        first = max(0, (time - anchor) // self.interval + 1)
        return (anchor + number * self.interval for number in count(first))


@dataclass(frozen=True)
class Cron:
    """The minutes that five fields name, by the clock of a zone.

    Parameters:
        fields: minute, hour, day of the month, month, day of the week.
        zone: whose clock.
        anchor: nothing is due before this.
    """

    fields: str
    zone: ZoneInfo
    anchor: datetime

    def after(self, time: datetime) -> Iterator[datetime]:
        """All times after one, in order.

        >>> at_three = Cron("0 3 * * *", ZoneInfo("Asia/Seoul"), datetime(2026, 1, 1, tzinfo=UTC))
        >>> next(at_three.after(datetime(2026, 3, 1, tzinfo=UTC))).isoformat()
        '2026-03-01T18:00:00+00:00'
        """
        just_before = self.anchor - timedelta(seconds=1)
        local = max(time, just_before).astimezone(self.zone)
        found = (each.astimezone(UTC) for each in CronSim(self.fields, local))
        return (each for each in found if each > time and each >= self.anchor)


Rule: TypeAlias = Every | Cron


def rule_of(schedule: Mapping[str, Any]) -> Rule:
    """The rule of a schedule, as the control API has it.

    Errors: UserError, its cron fields or zone cannot be read.
    """
    anchor = datetime.fromisoformat(schedule["anchor"])
    if schedule["every_ms"] is not None:
        return Every(timedelta(milliseconds=schedule["every_ms"]), anchor)
    try:
        return Cron(check_cron(schedule["cron"]), ZoneInfo(schedule["tz"]), anchor)
    except (KeyError, ValueError, OSError) as error:  # what ZoneInfo raises
        raise UserError(f"no time zone {schedule['tz'][:60]!r}") from error


def check_cron(text: str) -> str:
    """`text`, if it has cron's five fields, and names at least one time.

    Errors: UserError.

    >>> check_cron("0 3 * * MON-FRI")
    '0 3 * * MON-FRI'
    """
    try:
        if len(text.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise UserError(
            f"cron {text[:60]!r}: {str(error).lower() or 'it names no time'}; expected minute, "
            "hour, day of the month, month and day of the week, as '0 3 * * *'"
        ) from None
    return text


def due(rule: Rule, last: datetime, now: datetime, missed: Missed) -> list[datetime]:
    """The times to run for, oldest first.

    Parameters:
        last: the newest time that is settled: run for, or passed while nobody wanted it.
        missed: of several times that have passed, `all` makes up for each of the last hundred,
            `once` for the newest, and `skip` only runs for one that has just come.

    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> now = start + timedelta(hours=13)
    >>> [time.hour for time in due(Every(timedelta(hours=6), start), start, now, "all")]
    [6, 12]
    >>> due(Every(timedelta(hours=6), start), start, now, "skip")
    []
    """
    if isinstance(rule, Every):  # long intervals of cron are few; short ones of ours may be many
        last = max(last, now - MOST * rule.interval)
    passed = list(deque(takewhile(lambda time: time <= now, rule.after(last)), MOST))
    match missed:
        case "all":
            return passed
        case "once":
            return passed[-1:]
        case "skip":
            return [time for time in passed[-1:] if now - time <= LATE]


def next_time(rule: Rule, last: datetime, now: datetime) -> datetime | None:
    """The first time after now, or None if there is none in fifty years."""
    return next(rule.after(max(last, now)), None)
