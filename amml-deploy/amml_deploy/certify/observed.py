"""What a round left in its topics, in a form in which two rounds can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from amml_deploy.certify.edges import Edge
from amml_runtime import records, wire
from amml_runtime.batch import KEY
from amml_runtime.changelog import COMPONENT
from amml_runtime.errors import StepError
from amml_runtime.ledger import Reader
from amml_runtime.recording import Record
from amml_runtime.spec import Plan
from amml_runtime.state import State
from amml_runtime.wire import Stamp

_TIMED = ("seconds",)  # what an epoch took is another figure every time


class Row(NamedTuple):
    """One row.

    Parameters:
        group: where its order counts: the partition and the key.
        content: its columns as JSON, by name; null ones left out.
    """

    group: tuple[int, str | None]
    content: bytes


class Letter(NamedTuple):
    """One dead letter: who refused it, why, and what it was."""

    step: str
    reason: str
    value: bytes | None


@dataclass(frozen=True)
class Observed:
    """All that a round committed.

    Parameters:
        rows: of each edge, by its topic.
        letters: the dead letters.
        ledger: what the messages of an edge, by its topic, say that cannot be.
    """

    rows: Mapping[str, Sequence[Row]]
    letters: Sequence[Letter] = ()
    ledger: Mapping[str, str] = field(default_factory=dict[str, str])


def observed(
    plan: Plan, records: Mapping[str, Sequence[Record]], edges: Sequence[Edge]
) -> Observed:
    """What the records of a round's topics hold.

    Parameters:
        plan: the round's.
        records: by topic.
    """
    found = {edge.topic: records[f"{plan.prefix}.{edge.topic}"] for edge in edges}
    letters = {step.dead_letters for step in plan.steps}
    broken = {topic: why for topic, each in found.items() if (why := _ledger_break(each))}
    return Observed(
        rows={edge.topic: _rows_of(edge, found[edge.topic]) for edge in edges},
        letters=[_letter(each) for topic in letters for each in records[topic]],
        ledger=broken,
    )


def keeps_state(plan: Plan, records: Mapping[str, Sequence[Record]]) -> frozenset[str]:
    """The steps whose component remembers something, as their changelogs tell."""
    return frozenset(
        step.label
        for step in plan.steps
        if step.changelog is not None
        and any((each.key or b"").startswith(COMPONENT) for each in records[step.changelog])
    )


def _rows_of(edge: Edge, found: Sequence[Record]) -> list[Row]:
    return [row for record in found if not record.is_end_mark for row in _rows(edge, record)]


def _letter(record: Record) -> Letter:
    headers = dict(record.headers)
    step, reason = (headers.get(name, b"").decode() for name in ("amml-step", "amml-reason"))
    return Letter(step, reason, record.value)


def _ledger_break(found: Sequence[Record]) -> str:
    """What the numbers and ranges of an edge's messages say that cannot be; empty if nothing.

    Every message has to go on where the one before it ended; a repeat that is committed is a
    doubled one.
    """
    book = State()
    for record in found:
        if not any(name == "amml-seq" for name, _ in record.headers):
            continue
        stamp = wire.read_headers(record.headers)
        assert isinstance(stamp, Stamp)
        try:
            if not Reader(book, record.topic, record.partition, fresh=True).accept(stamp):
                return f"message {stamp.number} of writer {stamp.writer} is there twice"
        except StepError as broken:
            return str(broken)
    return ""


def _rows(edge: Edge, record: Record) -> Iterator[Row]:
    if edge.mode == "fit":
        fitted = orjson.loads(record.value or b"{}")
        yield _row(record.partition, {"params": fitted["params"], "rows": fitted["rows"]})
    elif any(name == "amml-v" for name, _ in record.headers):
        for row in wire.decode(record.value or b"").to_rows():
            timeless = {k: v for k, v in row.items() if edge.mode != "train" or k not in _TIMED}
            yield _row(record.partition, timeless)
    else:
        written = orjson.loads(record.value or b"{}")
        key = None if record.key is None else record.key.decode()
        yield _row(record.partition, {**written, KEY: key})


def _row(partition: int, row: Mapping[str, Any]) -> Row:
    there = {name: row[name] for name in sorted(row) if row[name] is not None}
    return Row((partition, row.get(KEY)), records.dump(there))
