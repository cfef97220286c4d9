"""Random scripts over random rows, against a reference that goes row by row in plain Python."""

import json
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, cast

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from amml_language.parser import parse_expression
from amml_language.script import Script, compile_script, fold
from amml_language.tree import (
    Binary,
    Call,
    Comparison,
    Conditional,
    Expression,
    ListOf,
    Name,
    Scalar,
    Unary,
)

Row = dict[str, Any]
LARGEST = 2**63 - 1
NODES = (Binary, Call, Comparison, Conditional, ListOf, Scalar, Unary)
NAMES = {"int": "ab", "float": "xy", "bool": "pq", "text": "st"}
ARROW = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string()}
PYTHON = {"int": int, "float": float, "bool": bool, "text": str}
KINDS = {name: kind for kind, both in NAMES.items() for name in both}
INTS = st.integers(-5, 5) | st.integers(-LARGEST - 1, LARGEST) | st.just(-LARGEST - 1)
FINITE = st.sampled_from([0.0, -0.0, 0.1, 2.5, -1e308, 5e-324]) | st.floats(allow_nan=False).filter(
    math.isfinite
)
WORDS = st.text("abAB ", max_size=3)
VALUES = {"int": INTS, "float": st.floats(), "bool": st.booleans(), "text": WORDS}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in KINDS.items()}),
    max_size=6,
)
COMPLETE = st.fixed_dictionaries(
    {name: FINITE if kind == "float" else VALUES[kind] for name, kind in KINDS.items()}
)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if value == -LARGEST - 1:
        return f"(-{LARGEST} - 1)"
    return f"({value!r})"


LITERALS = {k: (FINITE if k == "float" else v).map(_written) for k, v in VALUES.items()}


def _joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: pattern.format(*found))


@cache
def _scripts(kind: str, depth: int) -> st.SearchStrategy[str]:
    """The texts of scripts that give a kind of value."""
    leaf = st.sampled_from(NAMES[kind]) | LITERALS[kind]
    if depth == 0:
        return leaf
    same, flag = _scripts(kind, depth - 1), _scripts("bool", depth - 1)
    choices = [leaf, _joined("({} if {} else {})", same, flag, same)]
    choices.append(_joined("coalesce({}, {})", same, same))
    if kind == "text":
        choices.append(_joined("lower({})", same))
    elif kind == "bool":
        choices += _conditions(depth)
    else:
        choices += _numbers(kind, depth)
    return st.one_of(choices)


def _conditions(depth: int) -> list[st.SearchStrategy[str]]:
    flag = _scripts("bool", depth - 1)
    choices = [_joined(f"({{}} {word} {{}})", flag, flag) for word in ("and", "or", "==")]
    choices.append(_joined("(not {})", flag))
    for kind in ("int", "float", "text"):
        value = _scripts(kind, depth - 1)
        members = st.lists(LITERALS[kind] | st.just("null"), max_size=3).map(", ".join)
        choices += [
            _joined("({} < {} <= {})", value, value, value),
            _joined("({} != {})", value, value),
            _joined("({} in [{}])", value, members),
            _joined("({} not in [{}])", value, members),
            _joined("is_null({})", value),
        ]
    choices.append(_joined("({} >= {})", _scripts("int", depth - 1), _scripts("float", depth - 1)))
    return choices


def _numbers(kind: str, depth: int) -> list[st.SearchStrategy[str]]:
    value, whole = _scripts(kind, depth - 1), _scripts("int", depth - 1)
    choices = [_joined(f"({{}} {sign} {{}})", value, value) for sign in ("+", "-", "*", "//", "%")]
    choices += [_joined(f"{name}({{}})", value) for name in ("abs", "floor", "ceil", "-", "+")]
    choices += [
        _joined("min({}, {}, {})", value, value, value),
        _joined("max({}, {})", value, value),
    ]
    choices.append(_joined("clip({}, {}, {})", value, value, value))
    if kind == "int":
        choices.append(_joined("({} ** {})", value, st.sampled_from(["a", "b", "2", "3", "40"])))
        choices.append(_joined("length({})", _scripts("text", depth - 1)))
    else:
        choices.append(_joined("({} ** {})", value, st.sampled_from(["x", "b", "0.5", "-2.0"])))
        choices += [_joined("({} / {})", whole, whole), _joined("({} + {})", whole, value)]
        choices += [_joined("sqrt({})", value), _joined("({} / {})", value, value)]
    return choices


SCRIPTS = st.sampled_from(["int", "float", "bool", "text"]).flatmap(lambda kind: _scripts(kind, 2))


@dataclass
class Reference:
    """Computes one row as the documentation says; a value travels with its kind.

    `failed` tells whether an operation gave null for operands of which none is null.
    """

    row: Row
    failed: bool = field(default=False)

    def value(self, node: Expression) -> Any:
        return self.typed(node)[1]

    def typed(self, node: Expression) -> tuple[type, Any]:
        match node:
            case Name():
                found = self.row[node.name]
                missing = isinstance(found, float) and not math.isfinite(found)
                return PYTHON[KINDS[node.name]], None if missing else found
            case Scalar():
                return type(node.value), node.value
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Comparison():
                return bool, self._comparison(node)
            case Conditional():
                (kind, then), (_, otherwise) = self.typed(node.then), self.typed(node.otherwise)
                return kind, then if self.value(node.condition) else otherwise
            case Call():
                return self._call(node.function, list(map(self.typed, node.arguments)))
            case ListOf():
                raise AssertionError("read by the comparison")

    def _unary(self, node: Unary) -> tuple[type, Any]:
        kind, value = self.typed(node.operand)
        if node.operator == "not":
            return bool, None if value is None else not value
        sign = operator.neg if node.operator == "-" else operator.pos
        return self._computed(sign, [(kind, value)])

    def _binary(self, node: Binary) -> tuple[type, Any]:
        operands = [self.typed(node.left), self.typed(node.right)]
        if node.operator in ("and", "or"):
            return bool, _kleene(node.operator, operands[0][1], operands[1][1])
        if node.operator == "/":
            operands = [(float, _float(value)) for _, value in operands]
        return self._computed(ARITHMETIC[node.operator], operands)

    def _comparison(self, node: Comparison) -> bool | None:
        whole: bool | None = True
        for number, sign in enumerate(node.comparators):
            left, right = node.operands[number], node.operands[number + 1]
            if isinstance(right, ListOf):
                link = _member(self.value(left), list(map(self.value, right.items)))
                link = (not link if link is not None else None) if sign == "not in" else link
            else:
                operands = _widened([self.typed(left), self.typed(right)])[1]
                link = None if None in operands else COMPARE[sign](*operands)
            whole = _kleene("and", whole, link)
        return whole

    def _call(self, name: str, arguments: list[tuple[type, Any]]) -> tuple[type, Any]:
        kind, values = _widened(arguments)
        if name == "coalesce":
            return kind, next((value for value in values if value is not None), None)
        if name == "is_null":
            return bool, values[0] is None
        if name == "sqrt":
            return self._computed(math.sqrt, [(float, values[0])])
        if name == "abs":
            return self._computed(abs, arguments)
        if None in values:
            return int if name == "length" else kind, None
        if name == "clip":
            return kind, min(max(values[0], values[1]), values[2])
        plain: dict[str, Callable[..., Any]] = {"length": len, "lower": str.lower}
        plain |= {"min": min, "max": max, "floor": _whole(math.floor), "ceil": _whole(math.ceil)}
        return int if name == "length" else kind, plain[name](*values)

    def _computed(
        self, function: Callable[..., Any], operands: list[tuple[type, Any]]
    ) -> tuple[type, Any]:
        kind, values = _widened(operands)
        if None in values:
            return kind, None
        try:
            found = _fitting(function(*values))
        except (ArithmeticError, ValueError):
            found = None
        self.failed |= found is None
        return kind, found


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, float):
        return base**exponent
    if exponent < 0 or (exponent > 64 and abs(base) > 1):
        raise ArithmeticError
    return base ** (exponent if abs(base) > 1 else min(exponent, 2 + exponent % 2))


ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
}
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _fitting(value: Any) -> Any:
    if isinstance(value, int):
        return value if -LARGEST - 1 <= value <= LARGEST else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _widened(operands: list[tuple[type, Any]]) -> tuple[type, list[Any]]:
    kinds = {kind for kind, _ in operands}
    if kinds == {int, float}:
        return float, [_float(value) for _, value in operands]
    return operands[0][0], [value for _, value in operands]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _whole(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: type(value)(function(value))


def _kleene(word: str, left: bool | None, right: bool | None) -> bool | None:
    decisive = word == "or"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def _member(value: Any, items: list[Any]) -> bool | None:
    if value is None:
        return None
    return (
        True if value in [i for i in items if i is not None] else None if None in items else False
    )


def _batch(rows: list[Row]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in KINDS.items()],
        names=list(KINDS),
    )


def _compiled(text: str) -> Script:
    return compile_script(parse_expression(text), text)


@given(SCRIPTS, ROWS)
def test_columns_give_what_plain_python_gives_row_by_row(text: str, rows: list[Row]) -> None:
    outcome = _compiled(text).run(_batch(rows))
    tree = parse_expression(text)
    references = [Reference(row) for row in rows]
    expected = [reference.value(tree) for reference in references]
    assert outcome.values.to_pylist() == expected
    failures = zip(references, expected, strict=True)
    assert outcome.nulled == sum(each.failed and value is None for each, value in failures)


@given(SCRIPTS, ROWS, st.integers(0, 6))
def test_cutting_a_batch_anywhere_changes_nothing(text: str, rows: list[Row], cut: int) -> None:
    script, batch = _compiled(text), _batch(rows)
    whole = script.run(batch)
    parts = [script.run(batch.slice(0, cut)), script.run(batch.slice(min(cut, len(rows))))]
    assert pa.concat_arrays([part.values for part in parts]).equals(whole.values)
    assert sum(part.nulled for part in parts) == whole.nulled


@given(SCRIPTS)
def test_bytecode_survives_json(text: str) -> None:
    script = _compiled(text)
    again = Script.from_json(json.loads(json.dumps(script.to_json())))
    assert again == script
    assert again.disassemble() == script.disassemble()


@given(SCRIPTS.filter(lambda text: "**" not in text), COMPLETE)
def test_folding_constants_gives_what_running_gives(text: str, row: Row) -> None:
    constants = _substituted(parse_expression(text), row)
    assert fold(constants, text) == _compiled(text).run(_batch([row])).values[0].as_py()


def _substituted(node: Any, row: Row) -> Any:
    """The same tree with constants for its columns."""
    if isinstance(node, Name):
        return parse_expression(_written(row[node.name]))
    if isinstance(node, tuple):
        return tuple(_substituted(each, row) for each in cast(tuple[Any, ...], node))
    if isinstance(node, NODES):
        found = {each.name: _substituted(getattr(node, each.name), row) for each in fields(node)}
        return replace(node, **found)
    return node
