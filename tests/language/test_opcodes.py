import pyarrow as pa
import pytest

from amml_language import builtins
from amml_language.builtins import Builtin
from amml_language.columns import ARROW, Column
from amml_language.datatypes import Overload
from amml_language.opcodes import OPCODES, Opcode
from amml_language.vm import apply

WITHOUT_CONSTANTS = [
    (name, found)
    for name in builtins.names()
    if (found := builtins.find(name)) and not any(p.constant for p in found.parameters)
]
CASES = [
    pytest.param(row, overload, id=f"{name}({overload})")
    for name, row in (*OPCODES.items(), *WITHOUT_CONSTANTS)
    for overload in row.overloads
]


def _columns(overload: Overload, rows: int) -> list[Column]:
    return [Column(kind, pa.array([None] * rows, ARROW[kind])) for kind in overload.accepts]


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize(("row", "overload"), CASES)
def test_an_operation_gives_the_type_of_its_row_for_nulls_and_for_no_rows(
    row: Opcode | Builtin, overload: Overload, rows: int
) -> None:
    found = apply(row, _columns(overload, rows))
    assert found
    assert (found.type, found.values.type) == (overload.result, ARROW[overload.result])
    assert len(found.values) == rows


def test_an_operation_refuses_operands_of_other_types() -> None:
    text = Column(*_columns(OPCODES["equal"].overloads[2], 1)[0])
    assert apply(OPCODES["negate"], [text]) is None


@pytest.mark.parametrize("row", [row for row in OPCODES.values() if row.overloads])
def test_a_row_names_as_many_operands_as_its_overloads_take(row: Opcode) -> None:
    assert {len(overload.accepts) for overload in row.overloads} == {row.operands}
