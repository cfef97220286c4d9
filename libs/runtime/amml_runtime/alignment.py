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

from amml_runtime.spec import InputSpec

CROWDED = 64  # messages held of a flow, from which on no more are fetched
ROOMY = 16


@dataclass(frozen=True)
class Held:
    """A message that waits; `first` and `last` are the event times of its rows, if it has any."""

    message: Message
    writer: int = 0
    first: int | None = None
    last: int | None = None
    ends: bool = False
    added: float = field(default_factory=time.monotonic)


class Flow:
    """One partition of an input.

    Parameters:
        known: how far each writer had come.
        ended: the writers that have ended.
    """

    def __init__(self, spec: InputSpec, known: dict[int, int], ended: Iterable[int]) -> None:
        self.is_main = spec.kind == "main"
        self.is_table = spec.kind == "table"
        self.endless = spec.foreign
        self.held: deque[Held] = deque()
        self.heard = time.monotonic()
        self._writers = range(1 if spec.foreign else spec.writers)
        self._known = known
        self._ended = set(ended)

    def add(self, held: Held) -> None:
        """A message has come."""
        self.held.append(held)
        self.heard = held.added

    def take(self) -> Held:
        """Let the oldest message through."""
        held = self.held.popleft()
        if held.ends:
            self._ended.add(held.writer)
        if held.last is not None:
            self._known[held.writer] = max(held.last, self._known.get(held.writer, held.last))
        return held

    @property
    def is_fresh(self) -> bool:
        """Whether no row was let through yet."""
        return not self._known

    def reach(self) -> float:
        """The time up to which its rows, one more message included, need those of others."""
        ahead = next((h.last for h in self.held if h.last is not None), None)
        if ahead is not None:
            return ahead
        if not self.held and self._has_ended():
            return math.inf
        return max(self._known.values(), default=-math.inf)

    def certain(self) -> float:
        """Before this time no row is still to come, unless it comes late; a table comes whole."""
        if self.is_table:
            return math.inf if self._has_ended() and not self.held else -math.inf
        waiting = dict[int, float]()
        for held in self.held:
            if held.first is not None:
                waiting.setdefault(held.writer, held.first)
        return min((self._certain_of(writer, waiting) for writer in self._writers), default=-1)

    def _certain_of(self, writer: int, waiting: dict[int, float]) -> float:
        if writer in waiting:
            return max(waiting[writer], self._known.get(writer, -math.inf))
        if writer in self._ended or any(h.ends and h.writer == writer for h in self.held):
            return math.inf
        return self._known.get(writer, -math.inf)

    def _has_ended(self) -> bool:
        return not self.endless and self._ended >= set(self._writers)


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
        return {place for place, flow in self._flows.items() if len(flow.held) >= CROWDED}

    def roomy(self) -> set[tuple[str, int]]:
        """The places of which more is wanted."""
        return {place for place, flow in self._flows.items() if len(flow.held) <= ROOMY}

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
        reach = max((main.reach() for main in self._mains), default=math.inf)
        begun = any(not main.is_fresh or main.held for main in self._mains)
        return (side.is_fresh and begun) or _first(side) <= reach

    def _may_go(self, held: Held) -> bool:
        last = held.last or 0
        return all(side.certain() > last or self._is_given_up(side, held) for side in self._sides)

    def _is_given_up(self, side: Flow, held: Held) -> bool:
        """Whether a message has waited long enough for a flow that says nothing."""
        silent = time.monotonic() - max(held.added, side.heard)
        return not side.is_table and silent >= self._patience


def _first(flow: Flow) -> int:
    return flow.held[0].first or 0
