"""Which times are due: any rule, any looks at the clock."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_deploy.errors import UserError
from amml_deploy.scheduler.due import (
    LATE,
    MOST,
    Cron,
    Every,
    Missed,
    Rule,
    check_cron,
    due,
    next_time,
    rule_of,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")

times = st.timedeltas(timedelta(0), YEAR).map(lambda after: START + after)
soon = st.timedeltas(timedelta(0), timedelta(days=20)).map(lambda after: START + after)
rules = st.one_of(
    st.builds(Every, st.timedeltas(timedelta(hours=7), timedelta(days=9)), times),
    st.builds(
        Cron,
        st.sampled_from(
            ["0 3 * * *", "30 2,14 * * *", "15 */6 * * *", "0 0 1,15 * *", "7 1 * * 0"]
        ),
        st.sampled_from([SEOUL, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
        times,
    ),
)
missed = st.sampled_from(get_args(Missed))


@given(rules, times, times, missed)
def test_due_times_are_the_rules_lie_behind_now_and_are_not_settled(
    rule: Rule, last: datetime, now: datetime, missed: Missed
) -> None:
    found = due(rule, last, now, missed)
    assert found == sorted(set(found))
    assert all(last < time <= now and time >= rule.anchor for time in found)
    for time in found:
        assert next(rule.after(time - timedelta(seconds=1))) == time


@given(rules, soon, st.lists(soon, min_size=1, max_size=30))
def test_all_runs_for_each_time_once_however_often_one_looks(
    rule: Rule, last: datetime, looks: list[datetime]
) -> None:
    """As a scheduler does: it takes the oldest, settles it, and looks again."""
    settled, ran = last, list[datetime]()
    for now in sorted(looks):
        while waiting := due(rule, settled, now, "all"):
            settled = waiting[0]
            ran.append(settled)
    assert ran == due(rule, last, max(looks), "all")


@given(rules, times, times)
def test_once_is_the_newest_of_all_and_skip_is_that_while_it_is_new(
    rule: Rule, last: datetime, now: datetime
) -> None:
    newest = due(rule, last, now, "all")[-1:]
    assert due(rule, last, now, "once") == newest
    assert due(rule, last, now, "skip") == [time for time in newest if now - time <= LATE]


@given(rules, times, times)
def test_nothing_is_due_before_the_next_time_and_that_is_due_when_it_comes(
    rule: Rule, last: datetime, now: datetime
) -> None:
    coming = next_time(rule, last, now)
    assert coming is not None and coming > now
    settled = max(last, now)
    for missed in get_args(Missed):
        assert due(rule, settled, coming - timedelta(microseconds=1), missed) == []
        assert due(rule, settled, coming, missed) == [coming]


@given(st.integers(0, 59), st.integers(0, 23), times, st.integers(1, 20))
def test_cron_in_a_zone_without_summer_time_is_a_plain_grid(
    minute: int, hour: int, last: datetime, days: int
) -> None:
    """Against an oracle of its own: a daily time is every local minute that reads so."""
    rule = Cron(f"{minute} {hour} * * *", SEOUL, START)
    now = last + timedelta(days=days)
    midnight = last.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    daily = (midnight + timedelta(days=n, hours=hour, minutes=minute) for n in range(days + 2))
    assert due(rule, last, now, "all") == [time for time in daily if last < time <= now]


def test_only_the_newest_hundred_are_made_up_for() -> None:
    now = START + timedelta(days=2)
    for rule in (Every(timedelta(seconds=1), START), Cron("*/5 * * * *", SEOUL, START)):
        found = due(rule, START, now, "all")
        assert len(found) == MOST
        assert now - found[-1] < timedelta(minutes=5)


def local(rule: Cron, after: datetime, many: int) -> list[str]:
    found = islice(rule.after(after), many)
    return [time.astimezone(rule.zone).strftime("%d %H:%M %Z") for time in found]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("30 2 * * *", ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]),
        ("0 3 * * *", ["28 03:00 CET", "29 03:00 CEST", "30 03:00 CEST"]),
    ],
)
def test_an_hour_that_is_skipped_in_spring_does_not_skip_the_run(
    fields: str, expected: list[str]
) -> None:
    rule = Cron(fields, BERLIN, START)
    assert local(rule, datetime(2026, 3, 27, 12, tzinfo=UTC), 3) == expected


def test_an_hour_that_comes_twice_in_autumn_runs_a_daily_command_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    daily = local(Cron("30 2 * * *", BERLIN, START), before, 2)
    assert daily == ["25 02:30 CEST", "26 02:30 CET"]
    often = local(
        Cron("*/30 * * * *", BERLIN, START), datetime(2026, 10, 24, 23, 59, tzinfo=UTC), 5
    )
    assert often == [
        "25 02:00 CEST",
        "25 02:30 CEST",
        "25 02:00 CET",
        "25 02:30 CET",
        "25 03:00 CET",
    ]


def test_a_day_is_24_hours_for_intervals_also_when_clocks_change() -> None:
    rule = Every(timedelta(days=1), datetime(2026, 3, 28, 3, tzinfo=BERLIN))
    found = due(rule, rule.anchor, datetime(2026, 3, 30, 12, tzinfo=UTC), "all")
    assert [time.astimezone(BERLIN).hour for time in found] == [4, 4]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 3 * *", "wrong number of fields"),
        ("0 0 3 * * *", "wrong number of fields"),
        ("61 3 * * *", "bad minute"),
        ("0 3 * * XYZ", "bad day-of-week"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 0 */31 * 0#5", "names no time"),
    ],
)
def test_cron_fields_that_name_no_time_are_refused(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        check_cron(text)


def test_a_rule_is_read_as_the_control_api_has_it() -> None:
    schedule = {"anchor": START.isoformat(), "every_ms": None, "cron": "0 3 * * *", "tz": "UTC"}
    assert rule_of(schedule) == Cron("0 3 * * *", ZoneInfo("UTC"), START)
    assert rule_of(schedule | {"every_ms": 1000}) == Every(timedelta(seconds=1), START)
    for tz in ("Mars/Phobos", "../../etc/passwd", ""):
        with pytest.raises(UserError, match="no time zone"):
            rule_of(schedule | {"tz": tz})
