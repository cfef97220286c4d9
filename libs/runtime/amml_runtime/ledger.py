"""The ledger: every hop counts what the one before it wrote, and notices what is missing.

A writer numbers its messages to each output partition and says which of its input offsets each
accounts for; the ranges tile. A reader checks both, so that a message lost, doubled or out of
place between two steps stops the reader with a message, whatever caused it.
"""

from collections.abc import Iterator
from typing import Any

from amml_runtime.component import Origin
from amml_runtime.errors import LedgerBroken
from amml_runtime.loss import AFRESH, STOPPED
from amml_runtime.state import State
from amml_runtime.wire import Stamp


class Writer:
    """The writing side, for one output partition; its numbers are part of the task's state.

    >>> book = State()
    >>> writer = Writer(book, partition=0, number=0)
    >>> [stamp.number for stamp in writer.stamps(Origin("in", 0, 10, 20), 2)]
    [0, 1]
    >>> next(writer.stamps(Origin("in", 0, 25, 30), 1)).origin  # 20 to 25 gave no rows
    Origin(topic='in', partition=0, first=20, next=30)
    """

    def __init__(self, book: State, partition: int, number: int) -> None:
        self._book = book
        self._key = f"out:{partition}"
        self._number = number

    def stamps(self, origin: Origin, parts: int) -> Iterator[Stamp]:
        """The stamps of the `parts` messages that account for the input up to `origin.next`.

        No message accounts for nothing: the range then goes to the next one.
        """
        if not parts:
            return
        entry: dict[str, Any] = self._book.get(self._key) or {"number": 0, "ends": {}}
        source = f"{origin.topic}:{origin.partition}"
        covered = origin._replace(first=entry["ends"].get(source, origin.first))
        first = entry["number"]
        self._book[self._key] = {
            "number": first + parts,
            "ends": {**entry["ends"], source: origin.next},
        }
        for part in range(parts):
            yield Stamp(self._number, first + part, covered, part, parts)


class Reader:
    """The reading side of one partition of one topic; what it has seen is part of the state.

    `fresh` says that the partition is read from its very first message on.
    """

    def __init__(self, book: State, topic: str, partition: int, fresh: bool) -> None:
        self._book = book
        self._place = f"{topic}[{partition}]"
        self._key = f"in:{topic}:{partition}"
        self._fresh = fresh

    def accept(self, stamp: Stamp) -> bool:
        """Whether the message goes on from the last one; False: a repeat, to be dropped.

        Raises `LedgerBroken` for a gap or an overlap.
        """
        writers: dict[str, Any] = self._book.get(self._key) or {}
        seen: dict[str, Any] | None = writers.get(str(stamp.writer))
        source = f"{stamp.origin.topic}:{stamp.origin.partition}"
        if seen is None:
            self._demand(not self._fresh or stamp.number == 0, stamp, "number 0")
            seen = {"number": stamp.number, "ends": {source: [stamp.origin.first, stamp.part]}}
        end = seen["ends"].get(source, [stamp.origin.first, 0])
        if stamp.number < seen["number"] and stamp.origin.next <= end[0]:
            return False
        self._demand(stamp.number == seen["number"], stamp, f"number {seen['number']}")
        self._demand(stamp.origin.first == end[0], stamp, f"a range from {end[0]}")
        self._demand(stamp.part == end[1], stamp, f"part {end[1]}")
        last = stamp.part + 1 == stamp.parts
        ends = {
            **seen["ends"],
            source: [stamp.origin.next, 0] if last else [end[0], stamp.part + 1],
        }
        entry = {"number": stamp.number + 1, "ends": ends}
        self._book[self._key] = {**writers, str(stamp.writer): entry}
        return True

    def _demand(self, holds: bool, stamp: Stamp, expected: str) -> None:
        if not holds:
            raise LedgerBroken(
                f"{self._place}: a message of writer {stamp.writer} has number {stamp.number} for "
                f"{stamp.origin.topic}[{stamp.origin.partition}] {stamp.origin.first} to "
                f"{stamp.origin.next}, part {stamp.part}; expected {expected}. A message was lost "
                f"or doubled before this step; nothing of it was processed. {STOPPED}. {AFRESH}"
            )
