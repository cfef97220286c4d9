"""What the file of a built-in declares beside its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amml_language.datatypes import Overload
from amml_language.opcodes import OPCODES
from amml_language.tree import Constant

MOST_ARGUMENTS = 100


@dataclass(frozen=True, slots=True)
class Example:
    """One true fact about a built-in, which help and docs show and the tests run.

    `given` is the row that the columns of the source stand for; a time is written as text, in
    ISO 8601, and stands in the column as a time.
    """

    title: str
    source: str
    result: Constant
    given: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a built-in; a `constant` one is the same for all rows.

    An `optional` one may be left out. `check` says what is wrong with a constant, or nothing.
    """

    name: str
    doc: str
    constant: bool = False
    optional: bool = False
    check: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Builtin:
    """The declaration of a built-in.

    Parameters:
        title: what it gives, as half a sentence.
        parameters: in order; with `variadic`, the last may be repeated.
        overloads: operand types it accepts, the type it gives; the first that fits is taken.
        examples: facts, at least one.
        function: over whole Arrow columns; absent where an opcode does the work.
        opcode: what a call of it compiles to.
        fails: whether a row may come out null although no operand is, which is then counted.
    """

    title: str
    parameters: tuple[Parameter, ...]
    overloads: tuple[Overload, ...]
    examples: tuple[Example, ...]
    function: Callable[..., Any] | None = None
    opcode: str = "call"
    fails: bool = False
    variadic: bool = False

    @property
    def run(self) -> Callable[..., Any]:
        """The function over whole Arrow columns."""
        return self.function or OPCODES[self.opcode].run

    @property
    def least(self) -> int:
        """How many arguments must be written."""
        return sum(not parameter.optional for parameter in self.parameters)

    @property
    def most(self) -> int:
        """How many arguments may be written."""
        return MOST_ARGUMENTS if self.variadic else len(self.parameters)

    def parameter(self, index: int) -> Parameter | None:
        """The parameter that an argument stands for, or None if there are too many."""
        if index < len(self.parameters):
            return self.parameters[index]
        return self.parameters[-1] if self.variadic else None

    def takes(self) -> str:
        """The parameters as a call writes them, as in `round(x, digits?)`."""
        names = [p.name + ("?" if p.optional else "") for p in self.parameters]
        return ", ".join([*names, "..."] if self.variadic else names)
