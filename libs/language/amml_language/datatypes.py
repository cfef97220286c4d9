"""The seven types a script computes with, and how an operation is chosen by them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, repeat

from amml_language.tree import Constant, Duration


class Type(Enum):
    """What a value of a script is; every Arrow type is read as one of these."""

    INT = "int"  # 64 bits, signed
    FLOAT = "float"  # 64 bits, finite
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"  # microseconds since 1970, UTC, in the years 1 to 9999
    DURATION = "duration"  # microseconds
    NULL = "null"  # a column or constant that is null throughout


KNOWN = tuple(kind for kind in Type if kind is not Type.NULL)
ORDERED = tuple(kind for kind in KNOWN if kind is not Type.BOOLEAN)
_CONSTANTS: dict[type, Type] = {
    bool: Type.BOOLEAN,
    int: Type.INT,
    float: Type.FLOAT,
    str: Type.TEXT,
    Duration: Type.DURATION,
    type(None): Type.NULL,
}


@dataclass(frozen=True, slots=True)
class Overload:
    """Operand types that an operation accepts, with the type it gives for them.

    A `variadic` one accepts any further operands of the last type.
    """

    accepts: tuple[Type, ...]
    result: Type
    variadic: bool = False

    def operands(self) -> Iterator[Type]:
        """The accepted types, one for each operand that may come."""
        return (
            chain(self.accepts, repeat(self.accepts[-1])) if self.variadic else iter(self.accepts)
        )

    def __str__(self) -> str:
        accepted = ", ".join(kind.value for kind in self.accepts)
        return f"{accepted}{', ...' if self.variadic else ''} -> {self.result.value}"


def alike(count: int, kinds: Iterable[Type], result: Type | None = None) -> tuple[Overload, ...]:
    """One overload a type: `count` operands of that type give it, or give `result`.

    >>> [str(overload) for overload in alike(2, (Type.INT, Type.FLOAT))]
    ['int, int -> int', 'float, float -> float']
    """
    return tuple(Overload((kind,) * count, result or kind) for kind in kinds)


def widens(found: Type, wanted: Type) -> bool:
    """Whether a value of one type may stand where another is wanted, without a cast."""
    return found in (wanted, Type.NULL) or (found is Type.INT and wanted is Type.FLOAT)


def resolve(overloads: Iterable[Overload], found: Sequence[Type]) -> Overload | None:
    """The first overload that accepts operands of these types."""
    for overload in overloads:
        if all(map(widens, found, overload.operands())):
            return overload
    return None


def results(overloads: Iterable[Overload], found: Sequence[frozenset[Type]]) -> frozenset[Type]:
    """The types that may come out, where each operand is of one of several types.

    >>> plus = alike(2, (Type.INT, Type.FLOAT))
    >>> sorted(kind.value for kind in results(plus, [frozenset(KNOWN), frozenset([Type.FLOAT])]))
    ['float']
    """
    return frozenset(
        overload.result
        for overload in overloads
        if all(
            any(widens(kind, wanted) for kind in kinds)
            for kinds, wanted in zip(found, overload.operands(), strict=False)
        )
    )


def type_of(value: Constant) -> Type:
    """The type of a constant."""
    return _CONSTANTS[type(value)]


def common_type(kinds: Iterable[Type]) -> Type | None:
    """The one type that all of these widen to, or None.

    >>> common_type([Type.INT, Type.NULL, Type.FLOAT])
    <Type.FLOAT: 'float'>
    """
    found = set(kinds) - {Type.NULL}
    if found == {Type.INT, Type.FLOAT}:
        return Type.FLOAT
    if not found:
        return Type.NULL
    return found.pop() if len(found) == 1 else None
