"""How many processes one step should have, from what was written for it and what it has read.

It looks at rates, not at the lag alone: a lag that will be gone by the time another process would
be there is no reason to start one. What a number of processes could do is learned where they were
too few, and no step goes back to a number that is known to be too few for what arrives now. That
is counted in rows, as a message has more of them the more there is to do.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_STEPS = 3  # of reading, that make a rate


@dataclass(frozen=True)
class Bounds:
    """The fewest and the most processes that a step may have."""

    least: int
    most: int


@dataclass(frozen=True)
class Sample:
    """What is seen of a step at one moment.

    Parameters:
        at: the time, in seconds of a clock that only goes forward.
        written, read: messages, since the beginning.
        rows: read by the processes of now, since each of them began.
        count: the processes it should have by now.
        at_work: whether all of them are there.
    """

    at: float
    written: int
    read: int
    rows: int
    count: int
    at_work: bool

    @property
    def lag(self) -> int:
        """Messages still to read."""
        return max(0, self.written - self.read)


@dataclass(frozen=True)
class Rules:
    """How soon is soon, in seconds.

    Parameters:
        settled: for so long processes are watched before they are judged.
        late: messages older than this are late, if nothing says they are caught up with.
        catch_up: late messages that are read by then need no help.
        quiet: for so long nothing was late, before there is one process less.
        spare: the share of what fewer processes could do that may be asked of them.
    """

    settled: float = 6.0
    late: float = 3.0
    catch_up: float = 10.0
    quiet: float = 60.0
    spare: float = 0.8


class Controller:
    """Says for one step how many processes it should have; asked again every few seconds.

    >>> controller = Controller(Bounds(0, 4))
    >>> controller.desired(Sample(0.0, written=0, read=0, rows=0, count=0, at_work=True))
    0
    >>> controller.desired(Sample(2.0, written=500, read=0, rows=0, count=0, at_work=True))
    1
    """

    def __init__(self, bounds: Bounds, rules: Rules | None = None) -> None:
        self._bounds = bounds
        self._rules = rules or Rules()
        self._seen: deque[Sample] = deque()  # since the processes are those of now
        self._changed_at: float | None = None  # when others were asked for
        self._start_up = 0.0  # seconds until they were there, the last time
        self._capacity: dict[int, float] = {}  # rows a second that so many could read at most
        self._slept_at = -1  # what was written when the last process was let go

    def desired(self, now: Sample) -> int:
        """How many processes the step should have from now on."""
        self._note(now)
        wanted = min(max(self._wanted(now), self._bounds.least), self._bounds.most)
        if wanted != now.count:
            self._seen.clear()
            self._changed_at = now.at
            self._slept_at = now.written if wanted == 0 else -1
        return wanted

    def _note(self, now: Sample) -> None:
        if not now.at_work or (self._seen and self._seen[-1].count != now.count):
            self._seen.clear()
        if not now.at_work:
            return
        if self._changed_at is not None:
            self._start_up, self._changed_at = now.at - self._changed_at, None
        self._seen.append(now)
        while len(self._seen) > 1 and self._seen[1].at <= now.at - self._quiet:
            self._seen.popleft()

    @property
    def _quiet(self) -> float:
        """What takes long to come back is not given away lightly."""
        return max(self._rules.quiet, 10 * self._start_up)

    def _wanted(self, now: Sample) -> int:
        if not self._seen:
            return now.count  # a change is under way
        if now.count == 0:
            return 1 if now.written > self._slept_at and now.lag else 0
        first = self._recent()
        seconds = now.at - first.at
        if seconds < self._rules.settled:
            return now.count
        arriving = _rate(first.written, now.written, seconds)
        reading = _rate(first.read, now.read, seconds)
        if self._is_late(now, arriving, reading):
            self._capacity[now.count] = _rate(first.rows, now.rows, seconds)
            needed = (arriving + now.lag / self._catch_up) / (reading / now.count)
            return max(now.count + 1, math.ceil(needed))
        return self._fewer(now)

    def _recent(self) -> Sample:
        """Where to measure rates from: settled, and some steps of reading ago.

        A step that takes seconds for a batch stands still for as long, between its commits.
        """
        now, moved = self._seen[-1], 0
        for later, sample in pairwise(reversed(self._seen)):
            moved += sample.read != later.read
            if sample.at <= now.at - self._rules.settled and moved >= _STEPS:
                return sample
        return self._seen[0]

    @property
    def _catch_up(self) -> float:
        """Another process helps no sooner than it is there."""
        return max(self._rules.catch_up, 3 * self._start_up)

    def _is_late(self, now: Sample, arriving: float, reading: float) -> bool:
        """Whether it falls behind; where nothing moves at all, more processes would not either."""
        since = now.at - self._rules.settled
        never_less = min(each.lag for each in self._seen if each.at >= since)
        if not reading or never_less <= self._rules.late * arriving:
            return False  # what comes in bursts lags for a moment, time and again
        gain = reading - arriving
        return gain <= 0 or now.lag / gain > self._catch_up

    def _fewer(self, now: Sample) -> int:
        """One less, if nothing was late for long and the rest can do it; none if nothing came."""
        if now.at - self._seen[0].at < self._quiet:
            return now.count
        if self._seen[0].written == now.written and self._bounds.least == 0:
            return 0 if _at_rest(self._seen) else now.count
        one_less = now.count - 1
        if one_less < 1 or self._most_rows() > self._rules.spare * self._can(one_less):
            return now.count
        return one_less

    def _most_rows(self) -> float:
        """The highest rate of rows over any settled stretch of what was seen."""
        samples, start = list(self._seen), 0
        highest = 0.0
        for sample in samples:
            while samples[start].at < sample.at - self._rules.settled:
                start += 1
            seconds = sample.at - samples[start].at
            if seconds >= self._rules.settled / 2:
                highest = max(highest, _rate(samples[start].rows, sample.rows, seconds))
        return highest

    def _can(self, count: int) -> float:
        """What so many could read, as far as it was ever seen: their own or others' share of it."""
        if not self._capacity:
            return math.inf
        nearest = min(self._capacity, key=lambda known: (abs(known - count), known))
        return self._capacity[nearest] * count / nearest


def _rate(first: int, last: int, seconds: float) -> float:
    return (last - first) / seconds if seconds > 0 else 0.0


def _at_rest(samples: Iterable[Sample]) -> bool:
    """Whether nothing was read for all the time, be it that nothing is left or cannot be read."""
    return len({each.read for each in samples}) == 1
