from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from amml_language import builtins
from amml_language.builtins._declaration import Builtin, Example
from amml_language.parser import parse_expression
from amml_language.script import compile_script

BUILTINS = {name: builtins.find(name) for name in builtins.names()}
EXAMPLES = [
    pytest.param(example, id=f"{name}-{example.title}")
    for name, builtin in BUILTINS.items()
    for example in (builtin.examples if builtin else ())
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_built_in_is_true(example: Example) -> None:
    given = example.given or (("row", 0),)
    batch = pa.record_batch({name: _column(value) for name, value in given})
    script = compile_script(parse_expression(example.source), example.source)
    found = script.run(batch).values[0].as_py()
    assert (type(found), found) == (type(example.result), example.result)


@pytest.mark.parametrize("name", BUILTINS)
def test_a_built_in_is_declared_in_full(name: str) -> None:
    builtin = builtins.find(name)
    assert isinstance(builtin, Builtin)
    assert builtin.examples and builtin.overloads and builtin.parameters
    assert all(parameter.doc for parameter in builtin.parameters)
    assert any(name in example.source for example in builtin.examples)


@pytest.mark.parametrize("name", [name for name in BUILTINS if name != "col"])
def test_a_built_in_takes_a_batch_without_rows(name: str) -> None:
    builtin = builtins.find(name)
    assert builtin
    given = ["null" if not p.constant else '"a"' for p in builtin.parameters if not p.optional]
    text = f"{name}({', '.join(['x', *given[1:]])})"
    script = compile_script(parse_expression(text), text)
    assert len(script.run(pa.record_batch({"x": pa.nulls(0)})).values) == 0
    assert len(script.run(pa.record_batch({"x": pa.nulls(3)})).values) == 3


def test_there_are_the_built_ins_that_were_promised() -> None:
    promised = "abs min max round floor ceil sqrt exp log pow clip is_null coalesce lower upper"
    promised += " contains starts_with matches length hour day_of_week month year col"
    assert set(promised.split()) <= set(builtins.names())


def test_a_name_that_is_none_is_not_found() -> None:
    assert builtins.find("_declaration") is None
    assert builtins.find("os") is None


def _column(value: Any) -> "pa.Array[Any]":
    if isinstance(value, str) and value[:4].isdigit():
        return pa.array([datetime.fromisoformat(value)], pa.timestamp("us"))
    return pa.array([value])
