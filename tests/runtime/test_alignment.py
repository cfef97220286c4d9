"""Flows side by side: whatever the order in which messages arrive, they go on in event time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.alignment import CROWDED, Alignment, Flow, Held
from amml_runtime.spec import InputSpec

FOR_EVER = 1e9


class Sent(NamedTuple):
    """A message that a test sends: the first and last time of its rows; none: an end mark."""

    flow: str
    first: int | None = None
    last: int | None = None


def alignment(patience: float = FOR_EVER, /, **kinds: Any) -> Alignment:
    flows = {
        (name, 0): Flow(InputSpec(name, name, kind=kind), {}, ()) for name, kind in kinds.items()
    }
    return Alignment(flows, patience)


def send(to: Alignment, *messages: Sent) -> list[Sent]:
    """Send messages; those that are let through then."""
    for each in messages:
        held: Any = Held(each, 0, each.first, each.last, ends=each.first is None)  # type: ignore[arg-type]
        to.add((each.flow, 0), held)
    released: Any = to.released()
    return list(released)


def rows(flow: str, first: int, last: int | None = None) -> Sent:
    return Sent(flow, first, first if last is None else last)


def test_a_row_waits_until_the_other_flow_has_come_past_it() -> None:
    flows = alignment(a="main", b="side")
    assert send(flows, rows("a", 10)) == []
    assert send(flows, rows("b", 9)) == [rows("b", 9)]
    assert send(flows, rows("b", 10)) == [rows("b", 10)]
    assert send(flows, rows("b", 11)) == [rows("a", 10)]


def test_a_side_flow_does_not_run_ahead() -> None:
    flows = alignment(a="main", b="side")
    assert send(flows, rows("b", 5), rows("b", 20), rows("b", 30)) == []
    assert send(flows, rows("a", 6)) == [rows("b", 5), rows("a", 6)]
    assert send(flows, rows("a", 25)) == [rows("b", 20), rows("a", 25)]


def test_what_has_ended_is_not_waited_for() -> None:
    flows = alignment(a="main", b="side")
    assert send(flows, rows("a", 10), Sent("b")) == [Sent("b"), rows("a", 10)]


def test_at_the_end_of_the_main_flow_the_rest_comes() -> None:
    flows = alignment(a="main", b="side")
    send(flows, rows("b", 3), rows("b", 90), rows("a", 4))
    assert send(flows, Sent("a"), Sent("b")) == [Sent("a"), rows("b", 90), Sent("b")]


def test_a_silent_flow_is_waited_for_only_so_long() -> None:
    flows = alignment(0.0, a="main", b="event")
    assert send(flows, rows("a", 10)) == [rows("a", 10)]
    assert send(flows, rows("b", 9)) == [rows("b", 9)], "it comes late, and is not lost"


def test_of_two_main_flows_the_older_row_goes_first() -> None:
    flows = alignment(a="main", b="main", c="side")
    send(flows, rows("a", 10), rows("b", 7))
    assert send(flows, rows("c", 11)) == [rows("c", 11), rows("b", 7), rows("a", 10)]


def test_a_flow_of_which_much_is_held_is_crowded() -> None:
    flows = alignment(a="main", b="side")
    send(flows, rows("a", -1), *(rows("b", time) for time in range(CROWDED + 1)))
    assert flows.crowded() == {("b", 0)}
    assert flows.roomy() == {("a", 0)}


TIMES = st.lists(st.integers(0, 60), max_size=12).map(sorted)


@given(st.lists(TIMES, min_size=2, max_size=3), st.lists(st.integers(0, 2), max_size=60), st.data())
def test_the_order_of_arrival_leaves_no_trace(
    flows: Sequence[Sequence[int]], order: Sequence[int], data: st.DataObject
) -> None:
    names = "abc"[: len(flows)]
    queues = {n: [*map(rows, n * len(t), t), Sent(n)] for n, t in zip(names, flows, strict=True)}
    kinds = {name: "side" if name != "a" else "main" for name in names}
    subject = alignment(**kinds)
    released: list[Sent] = []
    for turn in [*order, *list(range(len(names))) * 20]:
        queue = queues[names[turn % len(names)]]
        if queue:
            released += send(subject, queue.pop(0))
    assert len(released) == sum(len(times) + 1 for times in flows), "nothing stays behind"
    seen: dict[str, int] = {}
    for place, each in enumerate(released):
        if each.flow == "a" and each.first is not None:
            for later in released[place:]:
                assert later.flow == "a" or later.first is None or later.first > each.first
        elif each.first is not None:
            assert each.first >= seen.get(each.flow, 0)
            seen[each.flow] = each.first


def test_rows_out_of_order_are_not_certain_where_marks_are_sent() -> None:
    flows = {
        ("a", 0): Flow(InputSpec("a", "a"), {}, ()),
        ("b", 0): Flow(InputSpec("b", "b", kind="event", timed=True), {}, ()),
    }
    subject = Alignment(flows, FOR_EVER)
    assert send(subject, rows("a", 30), rows("b", 1000)) == [rows("b", 1000)], "the first of all"
    assert send(subject, rows("b", 20)) == [rows("b", 20)]
    mark: Any = Held("mark", 0, 40, 40, mark=True)  # type: ignore[arg-type]
    subject.add(("b", 0), mark)
    assert "a" in [each.flow for each in send(subject) if isinstance(each, Sent)]


def test_what_is_waited_for_may_lie_behind_many_messages_of_another_writer() -> None:
    flows = {
        ("a", 0): Flow(InputSpec("a", "a"), {}, ()),
        ("b", 0): Flow(InputSpec("b", "b", kind="side", writers=2), {}, ()),
    }
    subject = Alignment(flows, FOR_EVER)
    send(subject, rows("a", 10), *(rows("b", time) for time in range(11, CROWDED + 20)))
    assert subject.crowded() == set()
