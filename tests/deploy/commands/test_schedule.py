"""`amml schedule`: what it takes, what it shows, what it refuses."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

Amml = Callable[..., Any]
DAILY = ["--every", "1d", "--run", "doctor"]


@pytest.fixture
def scheduled(on_platform: Amml, own: str) -> Generator[str]:
    """A schedule that is not due while the test runs."""
    line = ["--run", f"run {own} --wait"]
    words = ["--cron", "0 3 1 1 *", "--tz", "Asia/Seoul", "--missed", "skip", *line]
    assert on_platform("schedule", "add", own, *words).code == 0
    yield own
    on_platform("schedule", "delete", own)


@pytest.mark.platform
def test_a_schedule_is_added_listed_and_shown(on_platform: Amml, scheduled: str) -> None:
    listed = on_platform("schedule", "list")
    [line] = [line for line in listed.out.splitlines() if line.startswith(scheduled)]
    assert "0 3 1 1 * Asia/Seoul" in line and "-01-01 03:00:00 KST" in line
    shown = on_platform("schedule", "show", scheduled)
    assert f"run {scheduled} --wait" in shown.out and "skip" in shown.out and "6h" in shown.out
    document = on_platform("schedule", "show", scheduled, "--output", "json").document
    assert (document["cron"], document["runs"]) == ("0 3 1 1 *", [])


@pytest.mark.platform
def test_a_paused_schedule_runs_when_asked_and_its_end_is_told(
    on_platform: Amml, scheduled: str
) -> None:
    assert on_platform("schedule", "pause", scheduled).code == 0
    assert "paused" in on_platform("schedule", "show", scheduled).out
    ran = on_platform("schedule", "run", scheduled, "--wait")
    assert ran.code == 1
    assert f"no workflow `{scheduled}`" in ran.out and "failed" in ran.err
    shown = on_platform("schedule", "show", scheduled).out
    assert "failed" in shown and f"no workflow `{scheduled}`" in shown
    assert "-01-01 03:00:00 KST" in on_platform("schedule", "resume", scheduled).out


@pytest.mark.platform
def test_a_schedule_that_is_not_there_is_told_with_those_there_are(
    on_platform: Amml, scheduled: str
) -> None:
    for words in (["show"], ["pause"], ["resume"], ["run"], ["delete"]):
        ran = on_platform("schedule", *words, f"{scheduled}x")
        assert ran.code == 2 and "does not exist; there are" in ran.err


@pytest.mark.platform
def test_the_first_time_may_be_said_by_the_clock_of_a_zone(on_platform: Amml, own: str) -> None:
    words = [*DAILY, "--start", "2100-01-01T03:00", "--tz", "Asia/Seoul"]
    try:
        added = on_platform("schedule", "add", own, *words)
        assert added.out == f"schedule {own}: every 1d, next 2100-01-01 03:00:00 KST\n"
    finally:
        assert on_platform("schedule", "delete", own).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x", "--run", "doctor"], "give either --every"),
        (["x", *DAILY, "--cron", "0 3 * * *"], "give either --every"),
        (["x", "--every", "soon", "--run", "doctor"], "--every: expected a duration such as"),
        (["x", "--every", "500ms", "--run", "doctor"], "--every: expected from 1s to 3650d"),
        (["x", *DAILY, "--timeout", "0s"], "--timeout: expected from 1s"),
        (["x", "--cron", "0 25 * * *", "--run", "doctor"], "bad hour; expected minute, hour"),
        (["x", *DAILY, "--tz", "Mars/Phobos"], "--tz: no time zone 'Mars/Phobos'"),
        (["x", *DAILY, "--start", "tomorrow"], "--start: expected a time as"),
        (["x", *DAILY, "--missed", "some"], "is not one of 'skip', 'once', 'all'"),
        (["x", "--every", "1d", "--run", "down --purge"], "may not run by itself; what may"),
        (["x", "--every", "1d", "--run", "doctor --fast"], "No such option"),
        (["X.Y", *DAILY], "a schedule name matches"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_before_anything_is_asked(
    amml: Amml, words: list[str], said: str
) -> None:
    ran = amml("schedule", "add", *words)
    assert ran.code == 2 and said in ran.err, ran.err


def test_without_a_platform_it_is_said_where_one_was_looked_for(amml: Amml) -> None:
    ran = amml("scheduler")
    assert ran.code == 1 and "there is no platform at" in ran.err
