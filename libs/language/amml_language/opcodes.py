"""The opcodes of callback scripts: one typed row each.

Compiler, VM, disassembler and docs read this table. The table is cheap to import: the function
of a row is the one of its name in `kernels.py`, which imports Arrow, and is looked up on its
first run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from amml_language.datatypes import KNOWN, ORDERED, Overload, Type, alike

_INT, _FLOAT, _TIME, _DURATION = Type.INT, Type.FLOAT, Type.TIME, Type.DURATION
_BOOLEAN, _NULL = Type.BOOLEAN, Type.NULL
_NUMBERS = (_INT, _FLOAT)
_COUNTED = (_INT, _FLOAT, _DURATION)
_SHIFTED = Overload((_TIME, _DURATION), _TIME)
_SCALED = Overload((_DURATION, _INT), _DURATION)


@dataclass(frozen=True, slots=True)
class Opcode:
    """One row: what an instruction does to whole columns.

    Parameters:
        name: the word of the disassembly, and of the function in `kernels.py`.
        usage: how a script writes it.
        operands: how many registers it reads; None for a call, where the built-in decides.
        doc: one line for the reference.
        overloads: operand types it accepts, the type it gives; the first that fits is taken.
        fails: whether a row may come out null although no operand is, which is then counted.
    """

    name: str
    usage: str
    operands: int | None
    doc: str
    overloads: tuple[Overload, ...] = ()
    fails: bool = False

    @property
    def run(self) -> Callable[..., Any]:
        """The function over whole Arrow columns."""
        return getattr(import_module("amml_language.kernels"), self.name)


_ROWS = (
    Opcode("column", 'co2, col("PM2.5")', 0, "a column of the batch"),
    Opcode("constant", "12, 0.5, 'ppm', true, 10m, null", 0, "one value, or a list, for all rows"),
    Opcode("call", "f(x, y)", None, "a built-in"),
    Opcode(
        "add",
        "x + y",
        2,
        "sum",
        (*alike(2, _COUNTED), _SHIFTED, Overload((_DURATION, _TIME), _TIME)),
        fails=True,
    ),
    Opcode(
        "subtract",
        "x - y",
        2,
        "difference",
        (*alike(2, _COUNTED), _SHIFTED, Overload((_TIME, _TIME), _DURATION)),
        fails=True,
    ),
    Opcode(
        "multiply",
        "x * y",
        2,
        "product",
        (*alike(2, _NUMBERS), _SCALED, Overload((_INT, _DURATION), _DURATION)),
        fails=True,
    ),
    Opcode(
        "divide",
        "x / y",
        2,
        "quotient, a float also of two ints; null if y is 0",
        (Overload((_FLOAT, _FLOAT), _FLOAT), Overload((_DURATION, _DURATION), _FLOAT)),
        fails=True,
    ),
    Opcode(
        "floor_divide",
        "x // y",
        2,
        "quotient, rounded down; null if y is 0",
        (*alike(2, _NUMBERS), _SCALED, Overload((_DURATION, _DURATION), _INT)),
        fails=True,
    ),
    Opcode(
        "remainder",
        "x % y",
        2,
        "what `//` leaves, with the sign of y; null if y is 0",
        alike(2, _COUNTED),
        fails=True,
    ),
    Opcode(
        "power",
        "x ** y",
        2,
        "x to the power of y; of two ints an int, and null if y is negative",
        alike(2, _NUMBERS),
        fails=True,
    ),
    Opcode("plus", "+x", 1, "x itself", alike(1, _COUNTED)),
    Opcode("negate", "-x", 1, "x with the other sign", alike(1, _COUNTED), fails=True),
    Opcode("equal", "x == y", 2, "the same value", alike(2, KNOWN, _BOOLEAN)),
    Opcode("not_equal", "x != y", 2, "not the same value", alike(2, KNOWN, _BOOLEAN)),
    Opcode("less", "x < y", 2, "smaller, earlier", alike(2, ORDERED, _BOOLEAN)),
    Opcode("less_equal", "x <= y", 2, "smaller or equal", alike(2, ORDERED, _BOOLEAN)),
    Opcode("greater", "x > y", 2, "larger, later", alike(2, ORDERED, _BOOLEAN)),
    Opcode("greater_equal", "x >= y", 2, "larger or equal", alike(2, ORDERED, _BOOLEAN)),
    Opcode("is_in", "x in [y, z]", 2, "one of a list of constants", alike(2, KNOWN, _BOOLEAN)),
    Opcode("both", "x and y", 2, "true if both are, false if one is false", alike(2, (_BOOLEAN,))),
    Opcode("either", "x or y", 2, "true if one is, false if both are false", alike(2, (_BOOLEAN,))),
    Opcode("invert", "not x", 1, "true if false, false if true", alike(1, (_BOOLEAN,))),
    Opcode(
        "select",
        "x if c else y",
        3,
        "of each row x where c is true, y where it is false or null; reads c, x, y",
        tuple(Overload((_BOOLEAN, kind, kind), kind) for kind in (_NULL, *KNOWN)),
    ),
)

OPCODES = {row.name: row for row in _ROWS}
