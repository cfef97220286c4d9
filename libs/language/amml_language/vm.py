"""The register machine of callback scripts: one opcode, one whole column.

The script is the same for every batch; the types are not known before a batch comes. So each
instruction finds the overload for the types of its operands once a batch, and its function then
runs over whole columns. No value makes it fail: a row that an operation cannot compute is null,
and is counted if it comes out null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amml_language import builtins
from amml_language.builtins import Builtin
from amml_language.columns import Column, constant, load, typed, widen
from amml_language.datatypes import Type, resolve, widens
from amml_language.instruction import Instruction
from amml_language.kernels import Values
from amml_language.opcodes import OPCODES, Opcode
from amml_language.script import Script
from amml_language.script_errors import (
    ScriptError,
    mixed,
    no_such_column,
    unreadable,
    unwanted,
    usage,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value for each row, and how many of them are null because an operation failed."""

    values: "pa.Array[Any]"
    nulled: int


def run(script: Script, batch: pa.RecordBatch, expect: Type | None = None) -> Outcome:
    """Compute a script for every row of a batch.

    Errors: ScriptError, a column is missing or of a type that the script cannot use, or the
    result is not of the type expected.
    """
    registers: dict[int, Column] = {}
    failures: list[Values] = []
    for instruction in script.code:
        operands = [registers[register] for register in instruction.operands]
        registers[instruction.target] = _execute(instruction, operands, batch, script, failures)
    result = _expected(registers[script.code[-1].target], expect, script)
    values = pa.repeat(result.values, batch.num_rows) if result.is_constant else result.values
    return Outcome(values, _nulled(values, failures))


def apply(row: Opcode | Builtin, operands: Sequence[Column]) -> Column | None:
    """The column that an operation gives; None if it takes no operands of these types."""
    overload = resolve(row.overloads, [operand.type for operand in operands])
    if overload is None:
        return None
    values = list(map(widen, operands, overload.operands()))
    if not all(operand.is_constant for operand in operands):
        return typed(overload.result, row.run(*values))
    values[0] = pa.repeat(values[0], 1)  # of constants alone: a column of one row
    column = typed(overload.result, row.run(*values))
    return Column(column.type, column.values[0], is_constant=True)


def _execute(
    instruction: Instruction,
    operands: list[Column],
    batch: pa.RecordBatch,
    script: Script,
    failures: list[Values],
) -> Column:
    """Carry out one instruction, and note the rows that it cannot compute."""
    if instruction.opcode == "constant":
        return constant(instruction.argument)
    if instruction.opcode == "column":
        return _load(instruction, batch, script, failures)
    row = _operation(instruction)
    column = apply(row, operands)
    if column is None:
        kinds = [operand.type for operand in operands]
        fault = mixed(usage(row, instruction.argument), kinds, row.overloads, instruction.span)
        raise ScriptError(script.text, [fault])
    if row.fails:
        _note(failures, column.values, *(operand.values for operand in operands))
    return column


def _load(
    instruction: Instruction, batch: pa.RecordBatch, script: Script, failures: list[Values]
) -> Column:
    names = batch.schema.names
    if instruction.argument not in names:
        columns = [each for each in script.code if each.opcode == "column"]
        missing = [each for each in columns if each.argument not in names]
        faults = [no_such_column(str(each.argument), names, each.span) for each in missing]
        raise ScriptError(script.text, faults)
    source = batch.column(names.index(str(instruction.argument)))
    column = load(source)
    if column is None:
        fault = unreadable(str(instruction.argument), str(source.type), instruction.span)
        raise ScriptError(script.text, [fault])
    if column.type is not Type.FLOAT:  # there, NaN is just another null
        _note(failures, column.values, source)
    return column


def _operation(instruction: Instruction) -> Opcode | Builtin:
    if instruction.opcode != "call":
        return OPCODES[instruction.opcode]
    found = builtins.find(str(instruction.argument))
    if found is None:
        raise ValueError(f"bytecode calls {instruction.argument}, which is not installed")
    return found


def _expected(result: Column, expect: Type | None, script: Script) -> Column:
    if expect is None or result.type is expect:
        return result
    if not widens(result.type, expect):
        fault = unwanted(result.type, expect, script.code[-1].span)
        raise ScriptError(script.text, [fault])
    return result._replace(type=expect, values=widen(result, expect))


def _note(failures: list[Values], result: Values, *operands: Values) -> None:
    """Remember the rows that are null although no operand is."""
    if result.null_count if isinstance(result, pa.Array) else not result.is_valid:
        valid = reduce(pc.and_, map(pc.is_valid, operands))
        failures.append(pc.and_(pc.is_null(result), valid))


def _nulled(values: "pa.Array[Any]", failures: list[Values]) -> int:
    """Count the rows that are null in the end, and in which something failed on the way."""
    if not failures:
        return 0
    nulled: Values = pc.and_(pc.is_null(values), reduce(pc.or_, failures))
    return nulled.true_count
