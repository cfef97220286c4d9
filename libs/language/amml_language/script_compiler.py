"""Expressions to instructions: checks what can be checked without a batch, and folds constants.

Folding runs the operation itself, over one row, so a constant is what the VM would compute. An
operation on constants that gives null is left to the VM, which counts it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from amml_language import builtins
from amml_language.builtins import Builtin
from amml_language.datatypes import Overload, Type, common_type, results, type_of
from amml_language.diagnostics import Diagnostic, raise_all
from amml_language.instruction import Argument, Instruction
from amml_language.opcodes import OPCODES, Opcode
from amml_language.script_errors import mixed, nearest, usage
from amml_language.tree import (
    Binary,
    Call,
    Comparator,
    Comparison,
    Conditional,
    Constant,
    Expression,
    ListOf,
    Name,
    Scalar,
    Span,
    Unary,
)

MOST_INSTRUCTIONS = 1_000
MOST_CHARACTERS = 1_000  # of a text, which may stand in every row of a column

_UNKNOWN = frozenset(Type)
_NOWHERE = -1  # the register of what cannot be compiled
_OPERATORS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "remainder",
    "**": "power",
    "and": "both",
    "or": "either",
}
_SIGNS = {"-": "negate", "+": "plus", "not": "invert"}
_COMPARATORS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "in": "is_in",
    "not in": "is_in",
}


class Operand(NamedTuple):
    """What an expression became: a register, or a constant that is in none yet."""

    kinds: frozenset[Type]
    span: Span
    register: int | None = None
    value: Argument = None

    @property
    def kind(self) -> Type | None:
        """The type, where only one is possible."""
        return next(iter(self.kinds)) if len(self.kinds) == 1 else None


class Compiler:
    """Collects the instructions of one script, and what is wrong with it."""

    def __init__(self, text: str) -> None:
        self.code: list[Instruction] = []
        self._text = text
        self._problems: list[Diagnostic] = []
        self._known: dict[tuple[str, tuple[int, ...], str], int] = {}

    def check(self) -> None:
        """Raise what is wrong, if anything is.

        Errors: LanguageError.
        """
        if len(self.code) > MOST_INSTRUCTIONS:
            message = f"a script of more than {MOST_INSTRUCTIONS} operations"
            self._refuse("E309", message, self.code[-1].span, "compute a part of it in an `eval`")
        raise_all(self._text, self._problems)

    def compile(self, expression: Expression) -> Operand:
        """Compile an expression; what is wrong is remembered, and the rest still compiled."""
        match expression:
            case Scalar():
                return self._scalar(expression)
            case Name():
                return self._column(expression.name, expression.span)
            case Unary():
                return self._unary(expression)
            case Binary():
                operands = [self.compile(expression.left), self.compile(expression.right)]
                return self._operate(_OPERATORS[expression.operator], operands, expression.span)
            case Comparison():
                return self._comparison(expression)
            case Conditional():
                then = self.compile(expression.then)
                operands = [self.compile(expression.condition), then]
                operands.append(self.compile(expression.otherwise))
                return self._operate("select", operands, expression.span)
            case Call():
                return self._call(expression)
            case ListOf():
                return self._misplaced_list(expression.span)

    def load(self, operand: Operand) -> int:
        """The register of an operand; a constant is loaded into one."""
        if operand.register is not None:
            return operand.register
        return self._emit("constant", (), operand.span, operand.value)

    def _emit(
        self, opcode: str, operands: tuple[int, ...], span: Span, argument: Argument = None
    ) -> int:
        # By repr, since 1, 1.0 and True are equal but not the same constant.
        key = (opcode, operands, repr(argument))
        if key not in self._known:
            self._known[key] = len(self.code)
            self.code.append(Instruction(opcode, len(self.code), operands, span, argument))
        return self._known[key]

    def _refuse(self, code: str, message: str, span: Span, help: str = "") -> Operand:
        self._problems.append(Diagnostic(code, message, span, help))
        return Operand(_UNKNOWN, span, register=_NOWHERE)

    def _misplaced_list(self, span: Span) -> Operand:
        help = "a list stands only to the right of `in` and `not in`"
        return self._refuse("E307", "a list has no place here", span, help)

    def _scalar(self, scalar: Scalar) -> Operand:
        if isinstance(scalar.value, str) and len(scalar.value) > MOST_CHARACTERS:
            message = f"a text of more than {MOST_CHARACTERS} characters"
            return self._refuse("E309", message, scalar.span)
        return _constant(scalar.value, scalar.span)

    def _column(self, name: str, span: Span) -> Operand:
        return Operand(_UNKNOWN, span, self._emit("column", (), span, name))

    def _unary(self, unary: Unary) -> Operand:
        operand = unary.operand
        if unary.operator == "-" and isinstance(operand, Scalar):
            value = operand.value
            # A negative number is as good as a literal: Arrow need not be imported to fold it.
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _constant(-value, unary.span)
        return self._operate(_SIGNS[unary.operator], [self.compile(operand)], unary.span)

    def _operate(
        self, opcode: str, operands: list[Operand], span: Span, called: str = ""
    ) -> Operand:
        """One operation on compiled operands: checked, and folded if all are constants."""
        row = builtins.find(called) if called else OPCODES[opcode]
        assert row is not None  # the caller has found it before
        if opcode == "power":
            operands = [operands[0], _fraction(operands[1])]
        kinds = results(row.overloads, [operand.kinds for operand in operands])
        if not kinds:
            found = [operand.kind for operand in operands]
            self._problems.append(mixed(usage(row, called), found, row.overloads, span))
            return Operand(_UNKNOWN, span, register=_NOWHERE)
        if all(operand.register is None for operand in operands):
            folded = _fold(row, operands)
            if folded is not None:
                return _constant(folded, span)
        registers = tuple(map(self.load, operands))
        return Operand(kinds, span, self._emit(opcode, registers, span, called or None))

    def _comparison(self, comparison: Comparison) -> Operand:
        whole: Operand | None = None
        left = self.compile(comparison.operands[0])
        pairs = zip(comparison.comparators, comparison.operands[1:], strict=True)
        for comparator, expression in pairs:
            if isinstance(left.value, tuple):
                left = self._misplaced_list(left.span)
            listed = comparator in ("in", "not in")
            right = self._members(expression) if listed else self.compile(expression)
            link = self._compare(comparator, left, right)
            whole = self._operate("both", [whole, link], comparison.span) if whole else link
            left = right
        assert whole is not None  # the parser makes no comparison without a comparator
        return whole

    def _compare(self, comparator: Comparator, left: Operand, right: Operand) -> Operand:
        span = Span(left.span.start, right.span.end)
        if comparator in ("==", "!="):
            for operand, other in ((left, right), (right, left)):
                if operand.kind is Type.NULL and operand.register is None:
                    return self._compared_with_null(comparator, other, span)
        found = self._operate(_COMPARATORS[comparator], [left, right], span)
        return self._operate("invert", [found], span) if comparator == "not in" else found

    def _compared_with_null(self, comparator: Comparator, other: Operand, span: Span) -> Operand:
        source = self._text[other.span.start : other.span.end]
        help = f"write `{'not ' if comparator == '!=' else ''}is_null({source})`"
        return self._refuse("E308", f"`{comparator} null` is never true", span, help)

    def _members(self, expression: Expression) -> Operand:
        """The list to the right of `in`."""
        if not isinstance(expression, ListOf):
            help = 'a list is written `[1, 2]`; a part of a text is found by `contains(x, "a")`'
            return self._refuse("E307", "`in` needs a list", expression.span, help)
        items = list(map(self.compile, expression.items))
        for item in items:
            if item.register is not None and item.register != _NOWHERE:
                help = "compare with `==`, joined by `or`"
                return self._refuse("E305", "a list holds constants only", item.span, help)
        kind = common_type(item.kind or Type.NULL for item in items)
        if kind is None:
            return self._refuse("E303", "a list holds values of one type", expression.span)
        values = tuple(item.value for item in items if not isinstance(item.value, tuple))
        return Operand(frozenset([kind]), expression.span, value=values)

    def _call(self, call: Call) -> Operand:
        builtin = builtins.find(call.function)
        if builtin is None:
            return self._unknown_function(call)
        operands = list(map(self.compile, call.arguments))
        if not builtin.least <= len(operands) <= builtin.most:
            message = f"`{call.function}` does not take {_arguments(len(operands))}"
            help = f"write `{call.function}({builtin.takes()})`"
            return self._refuse("E302", message, call.span, help)
        if not self._constants_fit(builtin, call.function, operands):
            return Operand(_UNKNOWN, call.span, register=_NOWHERE)
        if builtin.opcode == "column":
            return self._column(str(operands[0].value), call.span)
        called = call.function if builtin.opcode == "call" else ""
        return self._operate(builtin.opcode, operands, call.span, called)

    def _unknown_function(self, call: Call) -> Operand:
        if call.function == "secret":
            return self._refuse("E208", "a script cannot read a secret", call.span)
        help = nearest(call.function, builtins.names()) or "`docs/scripts.md` lists them"
        return self._refuse("E301", f"no built-in `{call.function}`", call.function_span, help)

    def _constants_fit(self, builtin: Builtin, name: str, operands: list[Operand]) -> bool:
        """Check the arguments that must be constants, as the pattern of `matches`."""
        problems = len(self._problems)
        for index, operand in enumerate(operands):
            parameter = builtin.parameter(index)
            if parameter is None or not parameter.constant or operand.register == _NOWHERE:
                continue
            kinds = {_nth(overload, index) for overload in builtin.overloads}
            if operand.register is not None or operand.value is None:
                message = f"`{parameter.name}` of `{name}` must be a constant"
                help = "text is quoted" if kinds == {Type.TEXT} else ""
                self._refuse("E305", message, operand.span, help)
            elif operand.kind not in kinds:
                wanted = " or ".join(kind.value for kind in kinds)
                message = f"`{parameter.name}` of `{name}` must be {wanted}"
                self._refuse("E303", message, operand.span)
            elif parameter.check and (fault := parameter.check(operand.value)):
                message = f"`{parameter.name}` of `{name}` is refused: {fault}"
                self._refuse("E306", message, operand.span)
        return len(self._problems) == problems


def _constant(value: Constant, span: Span) -> Operand:
    return Operand(frozenset([type_of(value)]), span, value=value)


def _fraction(exponent: Operand) -> Operand:
    """A negative constant as a float: `10 ** -3` is 0.001, where an int has no such power."""
    value = exponent.value
    if exponent.register is None and exponent.kind is Type.INT and isinstance(value, int):
        return _constant(float(value), exponent.span) if value < 0 else exponent
    return exponent


def _fold(row: Opcode | Builtin, operands: Sequence[Operand]) -> Constant:
    """What an operation gives for constants; None if that is null."""
    from amml_language import columns, vm  # Arrow, which most scripts need not import to compile

    found = vm.apply(row, [columns.constant(operand.value) for operand in operands])
    return columns.python_value(found.values) if found else None


def _arguments(count: int) -> str:
    return f"{count} argument{'' if count == 1 else 's'}"


def _nth(overload: Overload, index: int) -> Type:
    return overload.accepts[min(index, len(overload.accepts) - 1)]
