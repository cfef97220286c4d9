"""Positions: the next offset a step reads agrees with what it has written, and nothing is left."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from case import Source, StepCase
from expected import EACH, Expected
from findings import Findings
from generator import Record
from reading import Broker, Ends, Place
from rows_check import Identity, identity_of


@dataclass
class Progress:
    """How far the steps have come.

    `topics` are the input's; `offsets` says where each record of it is, `at` where its readers are,
    `unread` how many messages lie before each step in each partition.
    """

    topics: set[str | None]
    offsets: dict[Identity, tuple[Place, int]]
    at: dict[Place, int] = field(default_factory=dict[Place, int])
    unread: dict[tuple[str, Place], int] = field(default_factory=dict[tuple[str, Place], int])

    def was_read(self, identity: Identity) -> bool:
        """Whether a record was read, and by every step after that what it became."""
        place, offset = self.offsets.get(identity, (None, 0))
        return self.has_passed(place, offset)

    def has_passed(self, place: Place | None, offset: int) -> bool:
        """The same of an offset of the input; where that was a file, it counts as read."""
        if any(place[0] not in self.topics for _, place in self.unread):
            return False
        return place is None or offset < self.at.get(place, offset + 1)


def offsets_of(source: Source, records: Iterable[Record]) -> dict[Identity, tuple[Place, int]]:
    """Where each row of a topic's input is."""
    return {
        identity_of(record.row, EACH): ((source.topic, record.partition), record.offset)
        for record in records
        if source.topic is not None and record.row is not None
    }


def check_stable(ends: Ends, findings: Findings) -> None:
    """No transaction is open."""
    for place, high in ends.high.items():
        if ends.stable[place] < high:
            text = f"{place[0]}[{place[1]}]: last stable offset {ends.stable[place]}, end {high}"
            findings.add("stuck", text)


def read_positions(
    step: StepCase,
    kept: dict[Place, int] | None,
    ends: Ends,
    broker: Broker,
    progress: Progress,
    findings: Findings,
) -> None:
    """Take in where a step is; its group and its changelog agree, and nothing lies before it."""
    group = ends.groups[step.name]
    for place, end in ends.stable.items():
        if place[0] not in step.reads or not end:
            continue
        at = group.get(place, 0)
        where = f"{step.name} in {place[0]}[{place[1]}]"
        if kept is not None and kept.get(place, 0) != at:
            text = f"{where}: the group is at {at}, the changelog at {kept.get(place, 0)}"
            findings.add("offset-not-output", text)
        at = at if kept is None else kept.get(place, 0)
        if at > end:
            findings.add("offset-not-output", f"{where}: at {at}, though it ends at {end}")
            continue
        progress.at[place] = min(at, progress.at.get(place, at))
        unread = sum(not message.is_mark for message in broker.read_after(place, at))
        if unread:
            progress.unread[step.name, place] = unread


def check_positions(
    expected: Expected, there: set[Identity], progress: Progress, findings: Findings
) -> set[Place]:
    """A position that says less, or more, than an output shows; where it says less."""
    written: dict[Place, int] = {}
    due: dict[Place, tuple[int, Identity]] = {}
    for row in expected.rows:
        identity = identity_of(row, EACH)
        if identity not in progress.offsets:
            continue
        place, offset = progress.offsets[identity]
        if identity in there:
            written[place] = max(written.get(place, 0), offset + 1)
        if offset < progress.at.get(place, 0):
            due[place] = max(due.get(place, (-1, ())), (offset, identity))
    behind = {place for place, end in written.items() if end > progress.at.get(place, end)}
    for place in behind:
        text = f"{_at(place, progress)}, the output goes up to {written[place]}"
        findings.add("offset-not-output", text)
    for place, (offset, identity) in due.items():
        if identity not in there and progress.was_read(identity):
            text = f"{_at(place, progress)}, the output lacks offset {offset} before it"
            findings.add("offset-not-output", text)
    return behind


def check_unread(progress: Progress, told: set[Place], findings: Findings) -> None:
    """Nothing is left to be read, but where a position was told to be wrong."""
    for (step, place), unread in progress.unread.items():
        if place not in told:
            text = f"{step}: {unread} messages unread in {place[0]}[{place[1]}]"
            findings.add("stuck", text)


def _at(place: Place, progress: Progress) -> str:
    return f"{place[0]}[{place[1]}]: the position is {progress.at[place]}"
