"""One instruction of callback bytecode, as data, as JSON and as a line to read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from amml_language.printer import show_constant
from amml_language.tokens import UNITS
from amml_language.tree import Constant, Duration, Span

Argument: TypeAlias = Constant | tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Instruction:
    """What to do (`opcode`), where the result goes, which registers are read, and where it stands.

    `argument` is the name of a column or built-in, or the value of a constant.
    """

    opcode: str
    target: int
    operands: tuple[int, ...]
    span: Span
    argument: Argument = None

    def __str__(self) -> str:
        return f"{self.operation()}   # {self.span.start}-{self.span.end}"

    def operation(self) -> str:
        """The instruction without its place in the text: `r2 <- greater r0 r1`."""
        words = [f"r{self.target} <- {self.opcode}", *(f"r{number}" for number in self.operands)]
        if self.opcode == "constant":
            words.append(written(self.argument))
        elif self.opcode in ("call", "column"):
            name = str(self.argument)
            words.insert(1, name if name.isidentifier() else show_constant(name))
        return " ".join(words)

    def to_json(self) -> list[Any]:
        """The instruction as plain JSON data."""
        place = [self.span.start, self.span.end]
        return [self.opcode, self.target, list(self.operands), place, _encoded(self.argument)]


def from_json(data: Sequence[Any]) -> Instruction:
    """The instruction that `Instruction.to_json` wrote.

    Errors: ValueError, the data is something else.
    """
    opcode, target, operands, (start, end), argument = data
    return Instruction(opcode, target, tuple(operands), Span(start, end), _decoded(argument))


def written(value: Argument) -> str:
    """A constant as a script writes it.

    >>> written((1, "a", True, None, Duration(5_400_000_000)))
    '[1, "a", true, null, 1h30m]'
    """
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return _duration(value) if isinstance(value, Duration) else show_constant(value)


def _duration(value: Duration) -> str:
    # Unlike a written one, a computed duration may be negative, or finer than any unit.
    if value.microseconds % UNITS["ms"]:
        return f"{value.microseconds}us"
    sign = "-" if value.microseconds < 0 else ""
    return sign + show_constant(Duration(abs(value.microseconds)))


def allocate(code: Sequence[Instruction]) -> tuple[Instruction, ...]:
    """Let registers be used again after their last use, so that few columns live at a time.

    The code given writes each register once, and its last instruction gives the result.
    """
    last_use = {register: at for at, each in enumerate(code) for register in each.operands}
    free: list[int] = []
    renamed: dict[int, int] = {}
    done: list[Instruction] = []
    for at, each in enumerate(code):
        # The target is found before the operands are given up: no instruction overwrites its own.
        renamed[each.target] = free.pop() if free else len(set(renamed.values()))
        operands = tuple(renamed[register] for register in each.operands)
        done.append(replace(each, target=renamed[each.target], operands=operands))
        free += [renamed[r] for r in sorted(set(each.operands)) if last_use[r] == at]
    return tuple(done)


def _encoded(value: Argument) -> Any:
    if isinstance(value, tuple):
        return [_encoded(each) for each in value]
    return {"us": value.microseconds} if isinstance(value, Duration) else value


def _decoded(value: Any) -> Argument:
    if isinstance(value, list):
        items: list[Any] = value
        return tuple(map(_decoded_one, items))
    return _decoded_one(value)


def _decoded_one(value: Any) -> Constant:
    return Duration(value["us"]) if isinstance(value, dict) else value
