"""`snapshot`: each row around an event once, whatever came first."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.batch import Batch
from amml_runtime.state import State
from amml_runtime.testing import NOW, batch_of, make

SECOND = 1_000_000
TEXT = 'snapshot on="co2.watch", before=10s, after=5s'


def at(*seconds: int, key: str | None = "a", **columns: list[Any]) -> Batch:
    times = [second * SECOND for second in seconds]
    return batch_of({"_time": times, "_key": [key] * len(times), **columns})


def play(*parts: tuple[str, Batch], text: str = TEXT) -> list[dict[str, Any]]:
    """The rows that come of events ("on") and rows ("row"), in that order."""
    step, state = make(text), State()
    found: list[dict[str, Any]] = []
    for kind, batch in parts:
        hook = step.process if kind == "row" else step.event
        output = hook(batch, state, NOW, *(() if kind == "row" else ("co2.watch",)))
        found += output.to_rows() if output else []
        state.keep()
    return found


def seconds(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [row["_time"].minute * 60 + row["_time"].second for row in rows]


def test_what_was_before_comes_with_the_event_and_what_is_after_as_it_comes() -> None:
    rows = play(("row", at(1, 15, 20)), ("on", at(22)), ("row", at(24, 27, 28)))
    assert seconds(rows) == [15, 20, 24, 27]


def test_events_that_overlap_are_one_snapshot_with_the_first_ones_id() -> None:
    events = at(20, 24, alert_id=["one", "two"])
    rows = play(("row", at(12, 18)), ("on", events), ("row", at(22, 27, 29, 30)))
    assert [(s, row["event_id"]) for s, row in zip(seconds(rows), rows, strict=True)] == [
        (12, "one"), (18, "one"), (22, "one"), (27, "one"), (29, "one"),
    ]  # fmt: skip


def test_events_may_come_long_before_the_rows_around_them() -> None:
    rows = play(("on", at(20, 200)), ("row", at(14, 21, 100, 195, 206)))
    assert seconds(rows) == [14, 21, 195]


def test_another_key_is_left_out() -> None:
    assert play(("row", at(19, key="b")), ("on", at(20)), ("row", at(21, key=None))) == []


def test_the_end_of_an_alert_is_no_event() -> None:
    over = at(20, alert_id=["one"], alert_state=["resolved"])
    assert play(("row", at(19)), ("on", over), ("row", at(21))) == []


def test_an_event_that_comes_again_adds_nothing() -> None:
    rows = play(("row", at(19)), ("on", at(20)), ("on", at(20)), ("row", at(21)))
    assert seconds(rows) == [19, 21]


def test_a_late_row_near_an_old_event_is_no_row_of_the_past() -> None:
    rows = play(("on", at(20)), ("row", at(21, 40)), ("row", at(22)))
    assert seconds(rows) == [21, 22]


def test_rows_of_the_past_are_let_go() -> None:
    step, state = make(TEXT), State()
    for start in range(0, 2000, 10):
        step.process(at(*range(start, start + 10)), state, NOW)
        state.keep()
    assert sum(len(str(value)) for value in state.kept.values()) < 20_000


@pytest.mark.parametrize("name", ["before", "after"])
def test_a_negative_length_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must not be negative"):
        make(f'snapshot on="co2.watch", {name} = 0s - 1s')


PLACES = st.tuples(st.integers(0, 99), st.sampled_from(["a", "b", None]))


@given(st.lists(PLACES, max_size=30), st.lists(PLACES, max_size=6), st.lists(st.booleans()))
def test_it_is_what_the_definition_says_in_whatever_order(
    rows: list[tuple[int, str | None]], events: list[tuple[int, str | None]], turns: list[bool]
) -> None:
    near = [any(k == e and -10 <= s - t <= 5 for t, e in events) for s, k in rows]
    wanted = sorted((s, str(k)) for (s, k), is_near in zip(rows, near, strict=True) if is_near)
    queues = {"row": sorted(rows, key=str), "on": sorted(events, key=str)}
    parts: list[tuple[str, Batch]] = []
    for turn in [*turns, *[True] * len(rows), *[False] * len(events)]:
        queue = queues["row" if turn else "on"]
        if queue:
            second, key = queue.pop()
            parts.append(("row" if turn else "on", at(second, key=key)))
    found = play(*parts)
    told = sorted(zip(seconds(found), (str(r["_key"]) for r in found), strict=True))
    ahead = max((s for s, _ in rows), default=0)
    assert set(told) <= set(wanted)
    recent = [each for each in wanted if each[0] > ahead - 10]
    assert recent == [each for each in told if each[0] > ahead - 10]
