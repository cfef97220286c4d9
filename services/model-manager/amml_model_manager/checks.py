"""The kinds of value a definition may hold: each says what it expects, and whether it found it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """What one argument may be.

    Parameters:
        expected: the words for the message.
        accepts: whether a value is right.
        required: whether it must be given.
        default: its value when it is not.
    """

    expected: str
    accepts: Callable[[Any], bool]
    required: bool = False
    default: Any = None


def whole(low: int, high: int, required: bool = False, default: int | None = None) -> Check:
    """A whole number from low to high.

    >>> whole(1, 1024).accepts(32), whole(1, 1024).accepts(True)
    (True, False)
    """

    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return Check(f"{low}..{high}", accepts, required, default)


def number(low: float, high: float, required: bool = False, default: float | None = None) -> Check:
    """A finite number, low <= x <= high."""

    def accepts(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value) and low <= value <= high

    return Check(f"a number from {low:g} to {high:g}", accepts, required, default)


def choice(*options: str, default: str | None = None) -> Check:
    """One of these words."""

    def accepts(value: Any) -> bool:
        return isinstance(value, str) and value in options

    return Check(f"one of {', '.join(options)}", accepts, default=default)


def flag() -> Check:
    """True or false."""
    return Check("true or false", lambda value: isinstance(value, bool))


def words(*options: str) -> Check:
    """A list of some of these words, each once."""

    def accepts(value: Any) -> bool:
        return _distinct_texts(value) and set(value) <= set(options)

    return Check(f"a list of some of {', '.join(options)}", accepts, default=[])


def columns(most: int) -> Check:
    """A list of column names, each once."""

    def accepts(value: Any) -> bool:
        return _distinct_texts(value) and 0 < len(value) <= most and all(map(_is_column, value))

    return Check(f"a list of 1..{most} different column names", accepts, required=True)


def column() -> Check:
    """One column name."""
    return Check("a column name", _is_column, required=True)


def shape() -> Check:
    """`[rows, columns]` of the input."""

    def accepts(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and all(map(_SIZE.accepts, value))

    return Check("[rows, columns], each 1..10000", accepts)


def layer(*kinds: str) -> Check:
    """One layer of these kinds, as `{LSTM: {units: 8}}`."""

    def accepts(value: Any) -> bool:
        return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in kinds

    return Check(f"a layer, one of {', '.join(kinds)}", accepts, required=True)


_SIZE = whole(1, 10_000)


def _distinct_texts(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return False
    return len(set(value)) == len(value)


def _is_column(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()
