"""What comes out when nothing goes wrong: pure functions of the input, and nothing of the product.

A case names one of `ROWS` for each output, and one of `FOLDS` for each state, with its parameters.
"""

import math
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = Sequence[Row]

EACH = ("src", "part", "seq")  # what tells one row of the input from all others
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Expected:
    """Rows that must come out once each: told apart by `identity`, compared in their columns."""

    identity: tuple[str, ...]
    rows: list[Row]


def map_filter(rows: Rows, above: float | None = None, doubled: str = "") -> Expected:
    """`filter value > above | eval <doubled> = value * 2 + 1`; either may be left out."""
    kept = [row for row in rows if above is None or row["value"] > above]
    extra = [{doubled: row["value"] * 2 + 1} if doubled else {} for row in kept]
    return Expected(EACH, [{**row, **more} for row, more in zip(kept, extra, strict=True)])


def running_mean(rows: Rows, above: float | None = None, key: str = "key") -> Expected:
    """Mean and sample standard deviation of `value` so far, per key, beside each row."""
    seen: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    out: list[Row] = []
    for row in map_filter(rows, above).rows:
        out.append({**row, **_moments(seen[row[key]], row["value"])})
    return Expected(EACH, out)


def _moments(held: list[float], value: float) -> Row:
    """Take a value in: count, mean, and the sum of squares around it."""
    held[0] += 1
    distance = value - held[1]
    held[1] += distance / held[0]
    held[2] += distance * (value - held[1])
    spread = math.sqrt(held[2] / (held[0] - 1)) if held[0] > 1 else None
    return {"value_mean": held[1], "value_std": spread}


def scaled(rows: Rows, fit: int | None = None, above: float | None = None) -> Expected:
    """`value` on a scale from its least to its largest in the first `fit` rows, or in all."""
    kept = map_filter(rows, above).rows
    seen = [row["value"] for row in kept[:fit]]
    low, high = min(seen), max(seen)
    return Expected(EACH, [{**r, "value": (r["value"] - low) / (high - low)} for r in kept])


def counts(rows: Rows, above: float | None = None, key: str = "key") -> Expected:
    """How many rows each key has, one row a key, at the end."""
    totals: dict[Any, int] = defaultdict(int)
    for row in map_filter(rows, above).rows:
        totals[row[key]] += 1
    return Expected((key,), [{key: name, "count": total} for name, total in totals.items()])


def epochs(rows: Rows, count: int) -> Expected:
    """A training's record of each epoch."""
    return Expected(("epoch",), [{"epoch": number} for number in range(1, count + 1)])


def windows(rows: Rows, seconds: int, above: float | None = None) -> Expected:
    """Count, mean and largest `value` of each key in each window, whose time is its start."""
    seen: dict[tuple[str, datetime], list[float]] = defaultdict(list)
    for row in map_filter(rows, above).rows:
        since = int(_time(row).timestamp()) // seconds * seconds
        seen[row["key"], datetime.fromtimestamp(since, UTC)].append(row["value"])
    return Expected(
        ("_key", "_time"),
        [
            {
                **{"_key": key, "_time": start, "count": len(values)},
                **{"value_mean": sum(values) / len(values), "value_max": max(values)},
            }
            for (key, start), values in seen.items()
        ],
    )


def joined(rows: Rows, at: float, seconds: int, other: str) -> Expected:
    """Each row above `at` with the key's newest one not above, if that is no older."""
    newest: dict[str, Row] = {}
    out: list[Row] = []
    for row in rows:
        if row["value"] <= at:
            newest[row["key"]] = row
            continue
        mate = newest.get(row["key"])
        if mate is not None and (_time(row) - _time(mate)).total_seconds() > seconds:
            mate = None
        out.append({**row, f"{other}_seq": mate and mate["seq"]})
    return Expected(EACH, out)


def around(rows: Rows, above: float, before: int, after: int) -> Expected:
    """The rows of a key around each time at which its `value` rises above a threshold."""
    events: list[tuple[str, datetime]] = []
    high: set[str] = set()
    for row in rows:
        if row["value"] <= above:
            high.discard(row["key"])
        elif row["key"] not in high:
            high.add(row["key"])
            events.append((row["key"], _time(row)))
    return Expected(EACH, [r for r in rows if _is_near(r, events, before, after)])


def _is_near(row: Row, events: Sequence[tuple[str, datetime]], before: int, after: int) -> bool:
    apart = ((_time(row) - time).total_seconds() for key, time in events if key == row["key"])
    return any(-before <= each <= after for each in apart)


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["ts"])


ROWS: Mapping[str, Callable[..., Expected]] = {
    "map_filter": map_filter,
    "running_mean": running_mean,
    "scaled": scaled,
    "counts": counts,
    "epochs": epochs,
    "windows": windows,
    "joined": joined,
    "around": around,
}


def running_state(rows: Rows, above: float | None = None, key: str = "key") -> Row:
    """For each key how many values there were, and their mean."""
    seen: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in map_filter(rows, above).rows:
        _moments(seen[f"={row[key]}"], row["value"])
    return {name: held[:2] for name, held in seen.items()}


def no_state(rows: Rows) -> Row:
    """A component that remembers nothing."""
    return {}


FOLDS: Mapping[str, Callable[..., Row]] = {"running_mean": running_state, "nothing": no_state}


def _read_running(kept: Any) -> list[float]:
    """`mean_std` keeps count, first value, sum of differences from it, sum of squares."""
    count, first, total, *_ = _numbers(kept)
    return [count, first + total / count]


# What a changelog keeps, in the words of the fold it has to equal.
READINGS: Mapping[str, Callable[[Any], Any]] = {"running_mean": _read_running}


def _numbers(kept: Any) -> Iterator[float]:
    """The numbers in nested lists, or packed as doubles."""
    if isinstance(kept, bytes):
        yield from (number for (number,) in struct.iter_unpack("<d", kept))
    elif isinstance(kept, list):
        for each in kept:
            yield from _numbers(each)
    else:
        yield float(kept)


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same; numbers may differ in their last digits.

    >>> equal([1, None], [1.0, None]), equal(0.1 + 0.2, 0.3), equal("1", 1)
    (True, True, False)
    """
    if isinstance(one, datetime) and not isinstance(
        other, datetime
    ):  # a time that was read as one, and not left as its text
        return isinstance(other, str) and one == datetime.fromisoformat(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)
