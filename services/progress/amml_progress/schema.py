"""`schema`: only rows that are as they should be."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from amml_progress._shared.declared import Declared, agrees, null, parse, values_as
from amml_progress._shared.filled import booleans
from amml_progress._shared.numbers import check_columns
from amml_runtime.batch import Array, Batch
from amml_runtime.component import AbstractProgress
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State, Value

_ROWS, _LEARNED = "rows", "learned"
_OF_TEXTS = ("int", "float", "boolean", "time")  # what a column of texts may hold throughout


@dataclass(frozen=True)
class Schema(AbstractProgress):
    """Let through the rows whose values are of the type, range and unit they should have.

    Parameters:
        columns: what is declared of each column, as "co2 float 0..5000 ppm, room text, note text?":
            its name and `int`, `float`, `boolean`, `time` or `text`, with a `?` if it may be null;
            then a range, both ends in it or one left out (`0..`), and a unit.
        learn: for columns that are not declared, so many first rows tell whether a value may be
            missing, and whether texts are all of another type; they are let through.
    Adds: nothing; declared columns get their type (texts that are numbers become numbers) and keep
        their metadata, with the unit beside it as `{"unit": "ppm"}`. Learned ones stay as they
        are. Every other row goes to the dead letters with the column, what was expected and what
        was found. NaN is null.
    Errors: E214, a declaration that cannot be read; a column that is missing, comes in another
        unit, or in a type that is never the declared one.

    >>> run('schema "co2 int 0..5000 ppm"', co2=["412", "x", "9999"], room=["a", "b", None])
    {'co2': [412], 'room': ['a']}
    """

    state_depends_on = ("columns", "learn")

    columns: str = ""
    learn: int = 0

    def __post_init__(self) -> None:
        if self.learn < 0:
            raise ValueError(f"`learn` is {self.learn}, it must not be below 0")
        if not self._declared and not self.learn:
            raise ValueError('say what to check: `columns="co2 float 0..5000"` or `learn=1000`')

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """The rows that are right."""
        check_columns(batch, [each.name for each in self._declared])
        for declared in self._declared:
            right, values = _right(batch, declared, state)
            batch = batch.with_column(declared.name, values, _meta(batch, declared)).filter(right)
        return self._like_the_first(batch, state) if self.learn else batch

    @cached_property
    def _declared(self) -> list[Declared]:
        return parse(self.columns)

    def _like_the_first(self, batch: Batch, state: State) -> Batch:
        """Learn from the first rows, and check those after them."""
        seen = state.get(_ROWS, 0)
        first = batch.slice(0, max(0, self.learn - seen))
        rest = batch.slice(first.rows)
        declared = {each.name for each in self._declared}
        names = [name for name in batch.names if name not in declared]
        if first.rows:
            known = state.get(_LEARNED, {})
            state[_LEARNED] = {name: _learned(first, name, known.get(name)) for name in names}
            state[_ROWS] = seen + first.rows
        for name in names if rest.rows else ():
            optional, types = state[_LEARNED].get(name, [True, []])
            learned = Declared(name, types[0] if types else "", optional)
            rest = rest.filter(_right(rest, learned, state)[0])
        return Batch.concat([first, rest]) if first.rows else rest


def _right(batch: Batch, declared: Declared, state: State) -> tuple[Array, Array]:
    """Which rows are right, and the column in its type; the other rows are refused."""
    column = batch.column(declared.name)
    values = values_as(column, declared)
    right = agrees(column, values, declared)
    for row in np.flatnonzero(~right).tolist():
        found = "null" if column[row].as_py() is None else repr(column[row].as_py())[:80]
        reason = f"column `{declared.name}`: expected {declared}, found {found}"
        state.refuse(batch.slice(row, 1), reason)
    return booleans(right), values


def _meta(batch: Batch, declared: Declared) -> dict[str, Any]:
    """The metadata that the column has, with its unit."""
    meta = batch.meta(declared.name)
    unit = meta.get("unit", declared.unit)
    if declared.unit and unit != declared.unit:
        raise WorkflowFault(
            f"column `{declared.name}` comes in {unit}, declared in {declared.unit}"
        )
    return {**meta, "unit": unit} if unit else meta


def _learned(batch: Batch, name: str, before: Value) -> Value:
    """Whether values may be missing, and of which types a column of texts may be."""
    column = batch.column(name)
    texts = pa.types.is_string(column.type)
    known: list[Any] = before or [False, [*_OF_TEXTS] if texts else []]
    optional, types = known
    fits = [word for word in types if bool(np.all(agrees(column, *_tried(column, name, word))))]
    return [optional or bool(np.any(null(column))), fits]


def _tried(column: Array, name: str, word: str) -> tuple[Array, Declared]:
    declared = Declared(name, word, optional=True)
    return values_as(column, declared), declared
