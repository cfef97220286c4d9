"""Rows: every record of the input has its effect once, in order, and with the right content."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from expected import EACH, Expected, Row, equal
from findings import Findings
from generator import Record
from reading import Seen

Identity: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Effect:
    """A row of an output, and the message that carried it."""

    row: Row
    message: Seen


def identity_of(row: Row, columns: tuple[str, ...]) -> Identity:
    """What tells a row from all others; a number is one whatever its type."""
    return tuple(int(v) if isinstance(v, float) else v for v in map(row.get, columns))


def check_rows(
    expected: Expected,
    effects: list[Effect],
    was_read: Callable[[Identity], bool],
    findings: Findings,
) -> set[Identity]:
    """Compare an output with what it must hold; the identities that are there.

    Parameters:
        was_read: whether every step has read a record; without its effect it is lost, else stuck.
    """
    there: dict[Identity, list[Effect]] = defaultdict(list)
    for effect in effects:
        there[identity_of(effect.row, expected.identity)].append(effect)
    for row in expected.rows:
        identity = identity_of(row, expected.identity)
        found = there.get(identity, [])
        if not found:
            findings.add("lost" if was_read(identity) else "stuck", f"{_named(row)}: no effect")
        for each in found[1:]:
            findings.add("duplicate", f"{_named(row)}: at {found[0].message} and {each.message}")
        for each in found:
            _check_content(row, each, findings)
    _check_unknown(expected, there, findings)
    if expected.identity == EACH:
        _check_order(effects, findings)
    return set(there)


def _check_content(row: Row, effect: Effect, findings: Findings) -> None:
    wrong = [name for name, value in row.items() if not equal(effect.row.get(name), value)]
    if wrong:
        name = wrong[0]
        findings.add(
            "state-not-fold",
            f"{_named(row)}: {name} is {effect.row.get(name)!r} at {effect.message}, "
            f"must be {row[name]!r}",
        )


def _check_unknown(
    expected: Expected, there: dict[Identity, list[Effect]], findings: Findings
) -> None:
    known = {identity_of(row, expected.identity) for row in expected.rows}
    for identity in there.keys() - known:
        for each in there[identity]:
            findings.add("duplicate", f"{identity} at {each.message} follows from no record")


def _check_order(effects: Iterable[Effect], findings: Findings) -> None:
    """Within a partition of the output, the rows of a key come in the input's order.

    A second effect of a record is a duplicate, and no question of order.
    """
    last: dict[Identity, tuple[int, Effect]] = {}
    seen: set[Identity] = set()
    for effect in effects:
        src, part, seq = identity = identity_of(effect.row, EACH)
        if identity in seen:
            continue
        seen.add(identity)
        message = effect.message
        line = (message.topic, message.partition, src, part, effect.row.get("key"))
        before = last.get(line)
        if before is not None and seq < before[0]:
            text = f"{_named(effect.row)} at {message} after seq {before[0]} at {before[1].message}"
            findings.add("reordered-per-key", text)
        last[line] = (seq, effect)


def check_dead_letters(
    poison: Iterable[tuple[Record, bool]], letters: Iterable[Seen], findings: Findings
) -> None:
    """The dead letters are exactly the poison, byte by byte.

    Parameters:
        poison: each with whether it was read; without its dead letter it is lost, else stuck.
    """
    left = {record.value: was_read for record, was_read in poison}
    taken: set[bytes] = set()
    for letter in letters:
        value = letter.value or b""
        if value in left and value not in taken:
            taken.add(value)
            continue
        said = letter.headers.get("amml-reason", b"").decode()
        known = "a second time" if value in left else "not poison"
        findings.add("duplicate", f"dead letter {value[:60]!r} at {letter}: {known}: {said}")
    for value in left.keys() - taken:
        name = "lost" if left[value] else "stuck"
        findings.add(name, f"poison {value[:60]!r} is not among the dead letters")


def _named(row: Row) -> str:
    return " ".join(f"{name}={row[name]}" for name in (*EACH, "key") if name in row) or str(row)
