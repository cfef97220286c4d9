"""The oracle: the rows of two rounds, side by side; what is lost, doubled, different, reordered."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import orjson

from amml_deploy.certify.edges import Edge, Level
from amml_deploy.certify.observed import Letter, Observed, Row
from amml_runtime.batch import KEY, TIME

EXAMPLES = 3
_LONGEST = 300

Group: TypeAlias = tuple[int, str | None]


@dataclass(frozen=True)
class Verdict:
    """How the rows of one edge compare with the reference; all zero is clean.

    Parameters:
        expected, found: how many rows there should be, and are.
        examples: a few anomalies in words.
    """

    edge: str
    expected: int
    found: int
    lost: int = 0
    doubled: int = 0
    different: int = 0
    reordered: int = 0
    broken: int = 0
    examples: tuple[str, ...] = ()

    @property
    def anomalies(self) -> int:
        """How many there are, of any kind."""
        return self.lost + self.doubled + self.different + self.reordered + self.broken


def compare(edge: Edge, reference: Observed, found: Observed, columns: Collection[str]) -> Verdict:
    """Judge one edge of a round.

    Parameters:
        columns: those that are compared where the level is COUNTED.
    """
    expected, rows = reference.rows[edge.topic], found.rows[edge.topic]
    broken = found.ledger.get(edge.topic, "")
    verdict = Verdict(edge.name, len(expected), len(rows))
    if edge.level == Level.COUNTED:
        expected, rows = _only(expected, columns), _only(rows, columns)
    if edge.level < Level.OPEN:
        verdict = _judged(edge, expected, rows)
    if broken:
        said = (*verdict.examples, f"{edge.name}: {broken}")
        verdict = replace(verdict, broken=1, examples=said)
    return verdict


def compare_letters(
    reference: Sequence[Letter], found: Sequence[Letter], steps: Collection[str]
) -> Verdict:
    """Judge the dead letters of those steps whose rows follow from the input."""
    before, after = (
        Counter(each for each in letters if each.step in steps) for letters in (reference, found)
    )
    lost, more = before - after, after - before
    doubled = Counter({each: n for each, n in more.items() if each in before})
    different = more - doubled
    examples = [*_said("lost", map(_text, lost)), *_said("too many", map(_text, more))]
    return Verdict(
        "dead letters", before.total(), after.total(), lost.total(), doubled.total(),
        different.total(), examples=tuple(examples[:EXAMPLES]),
    )  # fmt: skip


def passed_on(edge: Edge, reference: Observed, before: Iterable[Edge]) -> frozenset[str]:
    """The columns of an edge that hold the same values as in the edges it is made from."""
    after = _values(reference.rows[edge.topic])
    inputs = _values([row for each in before for row in reference.rows[each.topic]])
    return frozenset(name for name, values in after.items() if inputs.get(name) == values)


def _judged(edge: Edge, expected: Sequence[Row], rows: Sequence[Row]) -> Verdict:
    before, after = Counter(r.content for r in expected), Counter(r.content for r in rows)
    missing, more = before - after, after - before
    doubled = Counter({row: n for row, n in more.items() if row in before})
    new = more - doubled
    pairs, lost, other = _paired(missing, new, edge.rtol)
    different = len(pairs) + len(other)
    reordered: list[str] = []
    if edge.level == Level.ORDERED and not (lost or doubled or different):
        reordered = _reordered(expected, rows, edge.rtol)
    examples = [
        *_said(f"{edge.name}: lost", map(_shown, lost)),
        *_said(f"{edge.name}: doubled", map(_shown, doubled)),
        *(f"{edge.name}: expected {_shown(a)}, found {_shown(b)}" for a, b in pairs[:EXAMPLES]),
        *_said(f"{edge.name}: not in the reference", map(_shown, other)),
        *_said(f"{edge.name}: out of order", reordered),
    ]
    return Verdict(
        edge.name, len(expected), len(rows), len(lost), doubled.total(), different,
        len(reordered), examples=tuple(examples[: 2 * EXAMPLES]),
    )  # fmt: skip


def _paired(
    missing: Counter[bytes], new: Counter[bytes], rtol: float
) -> tuple[list[tuple[bytes, bytes]], list[bytes], list[bytes]]:
    """Rows that are missing beside those that stand in their places: pairs, and both rests.

    Rows belong together that agree in time and key or, without a time, in all that is no number.
    What is equal within the tolerance is no pair.
    """
    waiting: dict[bytes, list[bytes]] = defaultdict(list)
    for row in sorted(new.elements(), key=_in_order):
        waiting[_place(row)].append(row)
    pairs: list[tuple[bytes, bytes]] = []
    lost: list[bytes] = []
    for row in sorted(missing.elements(), key=_in_order):
        others = waiting[_place(row)]
        if not others:
            lost.append(row)
        elif not close(row, other := others.pop(0), rtol):
            pairs.append((row, other))
    return pairs, lost, [row for rest in waiting.values() for row in rest]


def _reordered(expected: Sequence[Row], rows: Sequence[Row], rtol: float) -> list[str]:
    """The rows that stand where another should, of each key."""
    before, after = _grouped(expected), _grouped(rows)
    if before.keys() != after.keys():
        return [f"keys {sorted(map(str, before.keys() ^ after.keys()))[:3]} changed partition"]
    return [
        f"{_shown(b)} stands where {_shown(a)} should"
        for group in before
        for a, b in zip(before[group], after[group], strict=False)
        if not close(a, b, rtol)
    ]


def close(one: bytes, other: bytes, rtol: float) -> bool:
    """Whether two rows are equal, their numbers within a tolerance of the row's largest.

    >>> close(b'{"a":1.0}', b'{"a":1.0000000000001}', 1e-12)
    True
    """
    if one == other:
        return True
    if not rtol:
        return False
    first, second = _leaves(orjson.loads(one)), _leaves(orjson.loads(other))
    size = max((abs(v) for v in first.values() if isinstance(v, float)), default=0.0)
    return first.keys() == second.keys() and all(
        _near(first[name], second[name], rtol, size) for name in first
    )


def _near(one: Any, other: Any, rtol: float, size: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=rtol, abs_tol=rtol * size)
    return one == other


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    """A document's values by their paths."""
    if isinstance(value, list):
        value = dict(enumerate(cast(list[Any], value)))
    if not isinstance(value, dict):
        return {path: value}
    inner = cast(dict[Any, Any], value)
    return {k: v for name in inner for k, v in _leaves(inner[name], f"{path}.{name}").items()}


def _place(row: bytes) -> bytes:
    """What a row keeps even if its values are wrong."""
    document = orjson.loads(row)
    if TIME in document:
        return orjson.dumps([document[TIME], document.get(KEY)])
    return _without_numbers(row)


def _in_order(row: bytes) -> tuple[bytes, list[float]]:
    """Sorted by this, rows that differ a little in a number stay beside each other."""
    numbers = (v for v in _leaves(orjson.loads(row)).values() if isinstance(v, float))
    return _without_numbers(row), list(numbers)


def _without_numbers(row: bytes) -> bytes:
    leaves = _leaves(orjson.loads(row))
    return orjson.dumps({k: None if isinstance(v, float) else v for k, v in leaves.items()})


def _grouped(rows: Iterable[Row]) -> dict[Group, list[bytes]]:
    found: dict[Group, list[bytes]] = defaultdict(list)
    for row in rows:
        found[row.group].append(row.content)
    return found


def _only(rows: Iterable[Row], columns: Collection[str]) -> list[Row]:
    return [
        Row(
            row.group,
            orjson.dumps({k: v for k, v in orjson.loads(row.content).items() if k in columns}),
        )
        for row in rows
    ]


def _values(rows: Iterable[Row]) -> Mapping[str, Counter[bytes]]:
    found: dict[str, Counter[bytes]] = defaultdict(Counter)
    for row in rows:
        for name, value in orjson.loads(row.content).items():
            found[name][orjson.dumps(value)] += 1
    return found


def _said(what: str, rows: Iterable[str]) -> list[str]:
    return [f"{what} {row}" for row in list(rows)[:EXAMPLES]]


def _shown(row: bytes) -> str:
    text = row.decode(errors="backslashreplace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _text(letter: Letter) -> str:
    return f"{letter.step}: {letter.reason}: {_shown(letter.value or b'')}"
