"""Flows side by side in event time: rows of one wait for those of the others that come before them.

Kafka brings the messages of several topics in any order. A step that joins flows, or cuts out what
lies around an event, must not depend on it: a message of the main flow is let through when every
other flow has come past its newest row, and one of another flow when the main flow has need of it.
So no flow runs ahead of the others by more than a message, whatever is in the topics, and there is
nothing for the step to hold back.

How far a flow has come follows from its rows, and from the marks of steps that let no row
through. An endless flow may fall silent for good: a message waits `patience` seconds for it, and
goes on.

Compare `max.task.idle.ms` of Kafka Streams (KIP-353, KIP-695), which orders by record.
"""

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import Message

from amml_runtime.progress import END
from amml_runtime.spec import InputSpec

CROWDED = 64  # messages held of a flow that is ahead, from which on no more are fetched
ROOMY = 16
LARGEST = 32 << 20  # bytes held of a main flow, which waits for the others


@dataclass(frozen=True)
class Held:
    """A message that waits; `first` and `last` are the event times of its rows, if it has any.

    A `mark` has no rows: its time says how far its writer has come.
    """

    message: Message
    writer: int = 0
    first: int | None = None
    last: int | None = None
    ends: bool = False
    mark: bool = False
    size: int = 0
    added: float = field(default_factory=time.monotonic)


class Flow:
    """One partition of an input.

    What is certain of a flow are its marks, where its writers send such: their rows may be out of
    order, as where one of them reads what several wrote. Of others it is their rows.

    Parameters:
        known: how far each writer had come.
        ended: the writers that have ended.
    """

    def __init__(self, spec: InputSpec, known: dict[int, int], ended: Iterable[int]) -> None:
        self.is_main = spec.kind == "main"
        self.is_table = spec.kind == "table"
        self.endless = spec.foreign
        self.held: deque[Held] = deque()
        self.bytes = 0
        self.heard = time.monotonic()
        self.is_fresh = not known  # no row was let through yet
        self._timed = spec.timed
        self._writers = range(1 if spec.foreign else spec.writers)
        self._come: dict[int, float] = {**known, **dict.fromkeys(ended, math.inf)}
        self._left = max((time for time in known.values() if time < END), default=-math.inf)

    def add(self, held: Held) -> None:
        """A message has come."""
        self.held.append(held)
        self.bytes += held.size
        self.heard = held.added
        if held.ends:
            self._come[held.writer] = math.inf
        elif held.last is not None and (held.mark or not self._timed):
            self._come[held.writer] = max(held.last, self._come.get(held.writer, held.last))

    def take(self) -> Held:
        """Let the oldest message through."""
        held = self.held.popleft()
        self.bytes -= held.size
        if held.last is not None and not held.mark:
            self.is_fresh = False
            self._left = max(self._left, held.last)
        return held

    def first(self) -> float:
        """The oldest time that waits."""
        return min((h.first for h in self.held if h.first is not None), default=math.inf)

    def reach(self) -> float:
        """The time up to which its rows, one more message included, need those of others."""
        ahead = next((h.last for h in self.held if h.last is not None), None)
        if ahead is not None:
            return max(ahead, self._left)
        return math.inf if not self.held and self._has_ended() else self._left

    def certain(self) -> float:
        """Before this time no row is still to come, unless it comes late; a table comes whole."""
        if self.is_table:
            return math.inf if self._has_ended() and not self.held else -math.inf
        come = min((self._come.get(each, -math.inf) for each in self._writers), default=-math.inf)
        rows = (h.first for h in self.held if h.first is not None and not h.mark)
        return min(come, min(rows, default=math.inf))

    def _has_ended(self) -> bool:
        ended = (self._come.get(each) == math.inf for each in self._writers)
        return not self.endless and all(ended)


class Alignment:
    """Lets messages through in the order of event time, across flows.

    Parameters:
        flows: each partition of each input.
        patience: how many seconds a message waits for a flow that is silent.
    """

    def __init__(self, flows: dict[tuple[str, int], Flow], patience: float) -> None:
        self._flows = flows
        self._mains = [flow for flow in flows.values() if flow.is_main]
        self._sides = [flow for flow in flows.values() if not flow.is_main]
        self._patience = patience

    def add(self, place: tuple[str, int], held: Held) -> None:
        """A message has come."""
        self._flows[place].add(held)

    def released(self) -> Iterator[Message]:
        """The messages whose turn has come."""
        while (flow := self._next()) is not None:
            yield flow.take().message

    def crowded(self) -> set[tuple[str, int]]:
        """The places of which enough is held."""
        return {place for place, flow in self._flows.items() if self._is_crowded(flow, CROWDED)}

    def roomy(self) -> set[tuple[str, int]]:
        """The places of which more is wanted."""
        return {place for place, flow in self._flows.items() if not self._is_crowded(flow, ROOMY)}

    def _is_crowded(self, flow: Flow, most: int) -> bool:
        """A main flow may wait for what is silent; another is crowded once it is ahead.

        What it is waited for may lie behind many messages of another writer: it is read on.
        """
        if flow.is_main:
            return flow.bytes * CROWDED >= LARGEST * most
        return len(flow.held) >= most and flow.certain() > self._reach()

    def _reach(self) -> float:
        return max((main.reach() for main in self._mains), default=math.inf)

    def _next(self) -> Flow | None:
        waiting = [flow for flow in self._flows.values() if flow.held]
        for flow in waiting:
            if flow.held[0].first is None:  # an end mark, or rows without a time
                return flow
        for flow in waiting:
            if not flow.is_main and self._is_wanted(flow):
                return flow
        mains = [flow for flow in waiting if flow.is_main and self._may_go(flow.held[0])]
        return min(mains, key=_first, default=None)

    def _is_wanted(self, side: Flow) -> bool:
        """Whether the main flows have come, or are about to come, to the first of its rows.

        The first rows of all are wanted at once: they tell which columns there are.
        """
        if side.is_table:
            return True
        begun = any(not main.is_fresh or main.held for main in self._mains)
        return (side.is_fresh and begun) or side.first() <= self._reach()

    def _may_go(self, held: Held) -> bool:
        last = held.last or 0
        return all(side.certain() > last or self._is_given_up(side, held) for side in self._sides)

    def _is_given_up(self, side: Flow, held: Held) -> bool:
        """Whether a message has waited long enough for a flow that says nothing."""
        silent = time.monotonic() - max(held.added, side.heard)
        return not side.is_table and silent >= self._patience


def _first(flow: Flow) -> int:
    return flow.held[0].first or 0
