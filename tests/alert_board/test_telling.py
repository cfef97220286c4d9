"""Who is told of what: at most one notice a period for a key, and none twice."""

from typing import Any

from amml_alert_board.telling import (
    MOST_OPEN,
    Decision,
    Entry,
    Notice,
    due,
    over,
    put_off,
    seen,
    told,
)

PERIOD = 600.0


def alert(id: str, state: str = "firing") -> dict[str, Any]:
    return {"id": id, "state": state}


def after(*alerts: dict[str, Any], now: float = 1000.0) -> tuple[Entry, list[str]]:
    """The entry after these alerts at once, and the notices that were given."""
    entry, given = {}, list[str]()
    for each in alerts:
        entry, notice = seen(entry, each, now, PERIOD)
        if notice is not None:
            entry = told(entry, notice, now)
            given.append(notice.name)
    return entry, given


def test_the_first_alert_of_a_key_is_told_and_the_next_ones_wait_for_the_period() -> None:
    entry, given = after(alert("a"), alert("b"), alert("c"))
    assert given == ["a/firing"]
    assert due(entry, 1599.0, PERIOD) is None
    waited = due(entry, 1600.0, PERIOD)
    assert waited is not None and waited == Notice(alert("c"), 1)
    entry = told(entry, waited, 1600.0)
    assert due(entry, 9999.0, PERIOD) is None


def test_an_alert_after_a_quiet_period_is_told_at_once() -> None:
    entry, _ = after(alert("a"))
    assert seen(entry, alert("b"), 1600.0, PERIOD).notice == Notice(alert("b"))


def test_what_was_told_is_not_told_again_however_often_it_comes() -> None:
    entry, _ = after(alert("a"), alert("a", "resolved"))
    for again in (alert("a"), alert("a", "resolved")):
        assert seen(entry, again, 1e9, PERIOD).notice is None


def test_the_end_of_what_was_told_is_told_at_once_and_no_other() -> None:
    entry, given = after(alert("a"), alert("a", "resolved"))
    assert given == ["a/firing", "a/resolved"]
    entry, given = after(alert("a"), alert("b"), alert("b", "resolved"))
    assert given == ["a/firing"]
    assert due(entry, 1e9, PERIOD) is None, "it is over before anybody had to know"


def test_pending_alerts_are_open_and_nobody_is_told() -> None:
    entry, given = after(alert("a", "pending"))
    assert given == [] and list(entry["open"]) == ["a"]


def test_a_silenced_alert_is_looked_at_again_in_a_period() -> None:
    entry, notice = seen({}, alert("a"), 1000.0, PERIOD)
    assert notice is not None
    entry = put_off(entry, notice, 1000.0)
    assert due(entry, 1599.0, PERIOD) is None
    assert due(entry, 1600.0, PERIOD) == Notice(alert("a"))


def test_what_somebody_else_resolved_is_open_and_waits_no_more() -> None:
    entry, _ = after(alert("a"), alert("b"))
    entry = over(entry, "b")
    assert list(entry["open"]) == ["a"] and due(entry, 1e9, PERIOD) is None


def test_an_entry_stays_small() -> None:
    entry: Entry = {}
    for number in range(1, 201):
        entry, notice = seen(entry, alert(f"a{number}"), number * PERIOD, PERIOD)
        assert notice is not None
        entry = told(entry, notice, number * PERIOD)
    assert len(entry["open"]) == MOST_OPEN and "a200" in entry["open"]
    assert len(entry["told"]) == 50
    assert isinstance(seen(entry, alert("x"), 0.0, PERIOD), Decision)
