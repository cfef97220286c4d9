"""What a rule chooses of a topic: the oldest records of each partition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from amml_deploy.errors import UserError
from amml_deploy.retention.amounts import age_text, size_text
from amml_deploy.retention.claims import Claims
from amml_deploy.retention.plan import Part, Piece, Rule

if TYPE_CHECKING:
    from amml_runtime.topic_records import TopicRecords


@dataclass(frozen=True)
class Topic:
    """A topic as it is at one moment, by partition.

    Parameters:
        extents: the first offset, and the one after the last.
        older: the offset before which every record is older than the rule's age.
        sizes: the mean of a record's bytes.
        positions: of each consumer group that reads it, the next offsets; none: nothing read yet.
    """

    name: str
    extents: Mapping[int, tuple[int, int]]
    older: Mapping[int, int]
    sizes: Mapping[int, float]
    positions: Mapping[str, Mapping[int, int]]


def looked_at(
    records: "TopicRecords", name: str, rule: Rule, at: datetime, groups: Iterable[str]
) -> Topic:
    """Ask Kafka.

    Errors: UserError, there is no such topic.
    """
    extents = records.extents()
    if not extents:
        raise UserError(f"no topic `{name}`: `amml topics` shows them")
    age = rule["max_age_ms"]
    older = records.since(round(at.timestamp() * 1000) - age) if age is not None else {}
    positions = {each: records.positions(each) for each in groups}
    return Topic(name, extents, older, records.record_bytes(), positions)


def part_of(topic: Topic, rule: Rule, claims: Claims, forced: bool, past_readers: bool) -> Part:
    """The oldest records, by age, and of all partitions alike until the size fits.

    Parameters:
        forced: nothing keeps anything back, but readers.
        past_readers: also what a workflow has still to read.
    """
    share = _share_over(topic, rule)
    pieces: list[Piece] = []
    for partition, (first, end) in topic.extents.items():
        by_age = max(first, topic.older.get(partition, first))
        by_size = first + -(-share[0] * (end - first) // share[1])
        by = f"max-age {age_text(rule['max_age_ms'] or 0)}"
        if by_size > by_age:
            by = f"max-size {size_text(rule['max_bytes'] or 0)}"
        stretch = first, max(by_age, by_size)
        limit, why = _limit(topic, partition, stretch, rule, claims, forced, past_readers)
        size = topic.sizes.get(partition, 0.0)
        pieces += _pieces(partition, (first, limit), size, by, "")
        pieces += _pieces(partition, (limit, stretch[1]), size, by, why)
    return Part(f"topic:{topic.name}", rule, tuple(pieces))


def _share_over(topic: Topic, rule: Rule) -> tuple[int, int]:
    """Which part of the records is too much: as many of so many."""
    total = round(sum(topic.sizes[p] * (end - first) for p, (first, end) in topic.extents.items()))
    most = rule["max_bytes"]
    return (0, 1) if most is None or total <= most else (total - most, total)


def _limit(
    topic: Topic,
    partition: int,
    stretch: tuple[int, int],
    rule: Rule,
    claims: Claims,
    forced: bool,
    past_readers: bool,
) -> tuple[int, str]:
    """Up to where a stretch may go, and what keeps the rest back."""
    first, cut = stretch
    limits = [(cut, "")]
    if not past_readers:
        for group, positions in topic.positions.items():
            at = positions.get(partition, first)
            limits.append((at, f"`{group}` has read to offset {at}"))
    if not forced:
        for each in claims.topics.get((topic.name, partition), ()):
            if each.next > first:
                limits.append((each.first, each.who))
        if rule["hold"]:
            limits.append((first, f"hold: {rule['hold']}"))
    limit, why = min(limits)
    return max(first, limit), why


def _pieces(
    partition: int, stretch: tuple[int, int], size: float, by: str, kept: str
) -> Iterable[Piece]:
    first, next_ = stretch
    if next_ > first:
        count = next_ - first
        yield Piece(str(partition), first, next_, count, round(count * size), by, kept)
