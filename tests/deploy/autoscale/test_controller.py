"""Processes for a load: enough soon, not more than needed, and no coming and going."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amml_deploy.autoscale.controller import Bounds, Controller, Sample

TURN = 2.0  # seconds between two looks


@dataclass
class Step:
    """A step as the controller sees it: so many rows a second for each process at work.

    Parameters:
        able: rows a second that one process can read.
        start_up: seconds in which nothing is read after each change.
        batch: seconds between two commits, where what was read is seen.
        rows_of: how many rows a message has at a load.
    """

    bounds: Bounds
    able: float
    start_up: float = 1.0
    batch: float = 0.0
    rows_of: Callable[[float], float] = lambda load: 1.0
    count: int = 1
    written: float = 0.0
    read: float = 0.0
    now: float = 0.0
    counts: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        self._controller = Controller(self.bounds)
        self._there_at = self._rows = 0.0
        self._committed, self._committed_at = 0, 0.0

    def live(self, seconds: float, load: Callable[[float], float]) -> list[int]:
        """Go on for a while under `load(time)` rows a second; the counts of that time."""
        before = len(self.counts)
        end = self.now + seconds
        while self.now < end:
            self.now += TURN
            rows = self.rows_of(load(self.now))
            self.written += load(self.now) * TURN / rows
            at_work = self.now >= self._there_at
            if at_work:
                ready = min(self.written, self.read + self.count * self.able * TURN / rows)
                self._rows += (ready - self.read) * rows
                self.read = ready
            if self.now >= self._committed_at + self.batch:
                self._committed, self._committed_at = int(self.read), self.now
            read, seen = self._committed, int(self._rows)
            sample = Sample(self.now, int(self.written), read, seen, self.count, at_work)
            wanted = self._controller.desired(sample)
            if wanted != self.count:
                self.count, self._there_at = wanted, self.now + self.start_up
                self._rows = 0.0
            self.counts.append(self.count)
        return self.counts[before:]


def changes(counts: list[int]) -> int:
    """How often a count differs from the one before it."""
    return sum(one != other for one, other in zip(counts, counts[1:], strict=False))


def steady(rate: float) -> Callable[[float], float]:
    return lambda _now: rate


def test_a_load_that_rises_and_falls_has_what_it_needs_and_no_more() -> None:
    step = Step(Bounds(0, 4), able=1000)
    assert set(step.live(120, steady(700))) == {1}
    assert step.live(300, steady(2300))[-1] == 3
    assert step.written - step.read < 3 * 2300
    assert step.live(600, steady(700))[-1] == 1
    assert step.live(120, steady(0))[-1] == 0
    assert step.live(20, steady(10))[-1] == 1
    assert changes(step.counts) <= 8


def test_nothing_to_do_is_no_process_and_the_first_message_wakes_it() -> None:
    step = Step(Bounds(0, 3), able=100)
    assert step.live(80, steady(0))[-1] == 0
    assert set(step.live(600, steady(0))) == {0}
    assert step.live(2, steady(1))[-1] == 1


def test_what_cannot_be_read_does_not_wake_it_for_ever() -> None:
    """Such as the end of a transaction that was aborted: it counts, and is nothing to read."""
    step = Step(Bounds(0, 3), able=0, written=1)
    assert step.live(80, steady(0))[-1] == 0
    assert set(step.live(600, steady(0))) == {0}


def test_a_lag_that_will_be_gone_first_starts_nothing() -> None:
    slow = Step(Bounds(1, 4), able=1000, start_up=30)
    slow.live(200, steady(1200))  # it learns how long a start takes
    started = changes(slow.counts)
    slow.written += 2000 * 20  # a burst, read in less time than a start takes
    assert changes(slow.live(50, steady(400))) == 0
    assert started >= 1


def test_one_that_takes_long_for_each_batch_is_not_taken_to_stand_still() -> None:
    step = Step(Bounds(1, 4), able=1000, batch=9)
    assert step.live(120, steady(2200))[-1] >= 3


def test_messages_that_grow_with_the_load_are_no_reason_to_keep_processes() -> None:
    """A busy topic has as many messages as a quiet one, each with more rows."""
    step = Step(Bounds(1, 4), able=1000, rows_of=lambda load: max(1.0, load / 100))
    assert step.live(120, steady(2200))[-1] >= 3
    assert step.live(600, steady(400))[-1] == 1


def test_a_trickle_that_is_seen_a_moment_later_is_not_late() -> None:
    step = Step(Bounds(1, 4), able=1000, batch=2)
    bursts = step.live(600, lambda now: 0 if now % 22 else 4)
    assert set(bursts) == {1}


def test_a_step_that_does_nothing_at_all_is_not_helped_by_more_of_it() -> None:
    stuck = Step(Bounds(1, 4), able=0)
    assert set(stuck.live(300, steady(100))) == {1}


@pytest.mark.parametrize("rate", [810, 900, 1000, 1100, 1900, 2000, 2500])
def test_near_the_limit_it_neither_falls_behind_nor_comes_and_goes(rate: float) -> None:
    step = Step(Bounds(1, 4), able=1000)
    step.live(600, steady(rate))
    later = step.live(3600, steady(rate))
    assert changes(later) == 0
    assert step.written - step.read <= 3 * rate


loads = st.lists(st.tuples(st.floats(0, 5000), st.integers(10, 300)), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    loads,
    st.integers(0, 3),
    st.integers(1, 5),
    st.floats(10, 3000),
    st.floats(0, 40),
    st.integers(0, 9),
)
def test_whatever_happens_it_stays_within_its_bounds_and_settles(
    loads: list[tuple[float, int]], least: int, more: int, able: float, start_up: float, first: int
) -> None:
    bounds = Bounds(least, least + more)
    step = Step(bounds, able, start_up, count=first)
    for rate, seconds in loads:
        step.live(seconds, steady(rate))
    assert all(bounds.least <= count <= bounds.most for count in step.counts)
    rate = loads[-1][0]
    step.read = step.written  # a backlog of hours would take hours, and end in a change
    step.live(7200, steady(rate))
    assert changes(step.live(1800, steady(rate))) == 0
    if rate < 0.9 * able * bounds.most:
        assert step.written - step.read <= 4 * rate + 1
