"""The ledger goes on, drops a repeat, and stops at a gap or an overlap."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amml_runtime.component import Origin
from amml_runtime.errors import LedgerBroken
from amml_runtime.ledger import Reader, Writer
from amml_runtime.state import State
from amml_runtime.wire import EndMark, Stamp, read_headers


def written(*ranges: tuple[int, int, int]) -> list[Stamp]:
    """The stamps of a writer that read these ranges, each in so many parts."""
    writer = Writer(State(), 0, 0)
    return [
        stamp
        for first, next_, parts in ranges
        for stamp in writer.stamps(Origin("in", 0, first, next_), parts)
    ]


def reader(fresh: bool = True) -> Reader:
    return Reader(State(), "topic", 0, fresh)


RANGES = written((0, 10, 1), (10, 20, 2), (25, 30, 1))


def test_messages_in_order_are_accepted() -> None:
    check = reader()
    assert [check.accept(stamp) for stamp in RANGES] == [True] * 4


def test_ranges_tile_though_some_input_gave_no_rows() -> None:
    assert [(s.origin.first, s.origin.next) for s in RANGES] == [
        (0, 10),
        (10, 20),
        (10, 20),
        (20, 30),
    ]


def test_a_repeat_is_dropped() -> None:
    check = reader()
    for stamp in RANGES:
        check.accept(stamp)
    assert [check.accept(stamp) for stamp in RANGES] == [False] * 4


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_message_stops_the_reader(missing: int) -> None:
    check = reader()
    kept = RANGES[:missing] + RANGES[missing + 1 :]
    extra = Stamp(0, 4, Origin("in", 0, 30, 40))
    with pytest.raises(LedgerBroken, match="expected"):
        for stamp in [*kept, extra]:
            check.accept(stamp)


def test_the_message_says_what_happened_where_and_what_to_do() -> None:
    check = reader()
    check.accept(RANGES[0])
    with pytest.raises(LedgerBroken) as stopped:
        check.accept(RANGES[2])
    assert str(stopped.value) == (
        "topic[0]: a message of writer 0 has number 2 for in[0] 10 to 20, part 1; expected number "
        "1. A message was lost or doubled before this step; nothing of it was processed. The step "
        "has stopped and skipped nothing; what it wrote before is whole. `amml deploy NAME 'TEXT' "
        "--fresh` begins a new run with what is there now"
    )


def test_an_overlap_stops_the_reader() -> None:
    check = reader()
    check.accept(RANGES[0])
    with pytest.raises(LedgerBroken, match="a range from 10"):
        check.accept(replace(RANGES[1], origin=Origin("in", 0, 5, 20)))


def test_an_old_number_with_a_new_range_is_no_repeat() -> None:
    check = reader()
    check.accept(RANGES[0])
    with pytest.raises(LedgerBroken):
        check.accept(replace(RANGES[0], origin=Origin("in", 0, 10, 20)))


def test_a_reader_that_starts_in_the_middle_takes_what_it_finds() -> None:
    assert reader(fresh=False).accept(RANGES[3])
    with pytest.raises(LedgerBroken, match="number 0"):
        reader(fresh=True).accept(RANGES[3])


def test_the_ledger_is_state_and_rolls_back_with_it() -> None:
    book = State()
    check = Reader(book, "topic", 0, True)
    check.accept(RANGES[0])
    book.keep()
    check.accept(RANGES[1])
    book.roll_back()
    assert check.accept(RANGES[1])


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), max_size=8), st.data())
def test_any_prefix_may_come_again_and_nothing_else(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    at, ranges = 0, list[tuple[int, int, int]]()
    for size, parts in sizes:
        ranges.append((at, at + size, parts))
        at += size
    stamps = written(*ranges)
    again = data.draw(st.integers(0, len(stamps)))
    check = reader()
    # a repeat is a whole transaction's messages: cut where a range is complete
    while 0 < again < len(stamps) and stamps[again].part != 0:
        again -= 1
    for stamp in stamps[:again]:
        assert check.accept(stamp)
    for stamp in stamps[:again]:
        assert not check.accept(stamp)
    for stamp in stamps[again:]:
        assert check.accept(stamp)


@given(
    st.integers(0, 99), st.integers(0), st.integers(0, 9), st.integers(0), st.integers(0, 9)
)  # fmt: skip
def test_headers_say_what_was_stamped(
    writer: int, number: int, partition: int, first: int, part: int
) -> None:
    stamp = Stamp(writer, number, Origin("a.b-c_d", partition, first, first + 1), part, part + 1)
    assert read_headers(stamp.headers("identity")) == stamp
    mark = EndMark(number, writer, writer + 1)
    assert read_headers(mark.headers()) == mark


def test_a_range_that_gave_no_message_goes_to_the_next() -> None:
    """A row too large for a message is refused; nothing then accounts for its offset."""
    writer = Writer(State(), 0, 0)
    assert list(writer.stamps(Origin("in", 0, 0, 1), 0)) == []
    first, second = (next(writer.stamps(Origin("in", 0, at, at + 1), 1)) for at in (1, 2))
    check = reader()
    assert check.accept(first)
    assert check.accept(second)


def test_a_reader_in_the_middle_may_begin_between_two_parts() -> None:
    check = reader(fresh=False)
    assert check.accept(RANGES[2])
    assert check.accept(RANGES[3])
