"""Changelogs: what a step remembers is the fold of the input, and its position never goes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from expected import FOLDS, READINGS, Row, equal
from findings import Findings
from msgpack_reading import unpack
from reading import Place, Seen

STATE = b"s:"  # what a component remembers
POSITION = b"t:at:"  # then `<topic>:<partition>`: the next offset a task reads there


@dataclass
class Kept:
    """What is left in a changelog when every record replaces the one of its key before it."""

    state: Row = field(default_factory=dict[str, Any])
    at: dict[Place, int] = field(default_factory=dict[Place, int])


def read_changelog(messages: Iterable[Seen], findings: Findings) -> Kept:
    """The state and the positions of all tasks; a position that went back is a finding."""
    kept = Kept()
    each: dict[int, dict[Place, int]] = {}
    for message in messages:
        key = message.key or b""
        value = None if message.value is None else unpack(message.value)
        if key.startswith(STATE):
            _put(kept.state, key[len(STATE) :].decode(), value)
        elif key.startswith(POSITION):
            topic, _, partition = key[len(POSITION) :].decode().rpartition(":")
            # Rows at the side may be read by every task, and each has a position of its own.
            at = each.setdefault(message.partition, {})
            _advance(at, (topic, int(partition)), value or 0, message, findings)
    for at in each.values():
        kept.at |= {place: min(next, kept.at.get(place, next)) for place, next in at.items()}
    return kept


def check_state(
    topic: str,
    kept: Kept,
    fold: str,
    parameters: Mapping[str, Any],
    rows: list[Row],
    findings: Findings,
) -> None:
    """Compare what is kept with the fold named `fold` over the input."""
    wanted = FOLDS[fold](rows, **parameters)
    read = READINGS.get(fold, lambda value: value)
    for key in sorted(wanted.keys() | kept.state.keys()):
        found = read(kept.state[key]) if key in kept.state else None
        if not equal(found, wanted.get(key)):
            text = f"{topic}: {key!r} is {found!r}, must be {wanted.get(key)!r}"
            findings.add("state-not-fold", text)


def _put(into: Row, key: str, value: Any) -> None:
    if value is None:
        into.pop(key, None)
    else:
        into[key] = value


def _advance(at: dict[Place, int], place: Place, to: int, said: Seen, findings: Findings) -> None:
    before = at.get(place, 0)
    if to < before:
        text = f"{place[0]}[{place[1]}] went back from {before} to {to} at {said}"
        findings.add("offset-not-output", text)
    at[place] = to
