"""`amml alerts`: what it shows, what people do about it, and what it refuses."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amml_deploy.control import Control
from amml_deploy.platform.home import Platform

Amml = Callable[..., Any]


@pytest.fixture
def fired(platform: Platform, own: str) -> str:
    """The id of an alert of a workflow that no other test has."""
    id = uuid.uuid4().hex
    body = {
        **{"workflow": own, "step": "alert", "id": id, "key": "room\x1b[31m", "state": "firing"},
        **{"severity": "critical", "time": "2016-07-01T00:00:00Z", "message": "too hot"},
    }
    with Control(platform.control, platform.token, "test") as control:
        control.post("/alerts", body)
    return id


@pytest.mark.platform
def test_an_alert_is_shown_seen_silenced_and_resolved(
    on_platform: Amml, own: str, fired: str
) -> None:
    of_mine = ("alerts", "--open", "--workflow", own)
    [head, line] = on_platform(*of_mine).out.splitlines()
    assert head.startswith("ID ") and line.startswith(fired)
    assert "critical" in line and "too hot" in line and "\x1b" not in line
    assert "is acknowledged by" in on_platform("alerts", "ack", fired[:8]).out
    assert "is silent until" in on_platform("alerts", "silence", fired, "--for", "1h").out
    [alert] = on_platform(*of_mine, "--output", "json").document
    assert alert["acknowledged_by"] and alert["state"] == "firing"
    left = datetime.fromisoformat(alert["silenced_until"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    assert "silent no more" in on_platform("alerts", "silence", fired, "--end").out
    assert "is resolved" in on_platform("alerts", "resolve", fired).out
    ran = on_platform(*of_mine)
    assert (ran.out.strip(), ran.err.strip()) == ("", "no open alerts")
    told = on_platform("alerts", "history", fired).out
    places = [told.index(word) for word in ("firing", "acknowledged", "silenced")]
    assert places == sorted(places) and told.rindex("resolved") > places[-1]


@pytest.mark.platform
def test_an_alert_that_there_is_not_is_told(on_platform: Amml) -> None:
    for words in (["ack"], ["silence", "--for", "1h"], ["resolve"], ["history"]):
        ran = on_platform("alerts", *words, "no-such/../alert")
        assert ran.code == 2
        assert "there is no alert `no-such/../alert`" in ran.err, ran.err


@pytest.mark.platform
def test_letters_that_mean_several_alerts_are_the_users_to_complete(
    on_platform: Amml, platform: Platform, own: str
) -> None:
    begin = uuid.uuid4().hex
    with Control(platform.control, platform.token, "test") as control:
        for end in "ab":
            control.post("/alerts", {
                "workflow": own, "step": "alert", "id": begin + end, "state": "firing",
                "severity": "info", "time": "2016-07-01T00:00:00Z",
            })  # fmt: skip
    ran = on_platform("alerts", "ack", begin)
    assert ran.code == 2 and f"{begin}a of {own}" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["silence", "x"], "give either --for"),
        (["silence", "x", "--for", "1h", "--end"], "give either --for"),
        (["silence", "x", "--for", "soon"], "expected a duration such as"),
        (["silence", "x", "--for", "9999999d"], "at most 3650d"),
        (["--workflow", "../x"], "a workflow name matches"),
        (["--limit", "0"], "0 is not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    amml: Amml, words: list[str], said: str
) -> None:
    ran = amml("alerts", *words)
    assert ran.code == 2 and said in ran.err, ran.err
