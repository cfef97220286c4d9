"""Run one component on a few rows, without Kafka: for docstring examples, laws and users' tests.

>>> run("minmax_scaler of=[OT], min=20, max=40", OT=[20.0, 30.0, 40.0])
{'OT': [0.0, 0.5, 1.0]}
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from amml_language import compile_text
from amml_language.program import ScriptsByColumn, SetArgument, SetScript, write_value
from amml_language.script import Script
from amml_runtime.batch import Batch
from amml_runtime.component import Params
from amml_runtime.declaration import construct
from amml_runtime.registry import component, signatures
from amml_runtime.state import State

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make(text: str, doors: Mapping[str, Any] | None = None) -> Any:
    """The component that a fragment such as `filter a > 1` writes."""
    program = compile_text(text, signatures(), fragment=True)
    word = text.split()[0]
    arguments = dict[str, Any]()
    for each in program.instructions:
        if isinstance(each, SetArgument):
            arguments[each.name] = write_value(each.value)
        elif isinstance(each, SetScript):
            arguments[each.name] = _written(each.script)
    return construct(component(word), arguments, doors)


def params_for(step: Any, batches: Iterable[Batch]) -> Params:
    """The parameters that hold for a run: given, fitted on all the batches, or none."""
    if not hasattr(step, "fit"):
        return {}
    given = step.given()
    if given is not None:
        return given
    acc = None
    for batch in batches:
        acc = step.fit(batch, acc)
    return step.fitted(acc)


def feed(step: Any, batches: Sequence[Batch], state: State | None = None) -> list[Batch]:
    """What a component makes of batches and of their end, in order; empty outputs left out."""
    state = State(params=params_for(step, batches)) if state is None else state
    outputs = [step.process(batch, state, NOW) for batch in batches]
    outputs.append(step.finish(state, NOW))
    return [output for output in outputs if output is not None and output.rows]


def run(text: str, doors: Mapping[str, Any] | None = None, **columns: list[Any]) -> dict[str, Any]:
    """The columns a component gives for columns of values; `_time` and `_key` shown if given."""
    width = max(map(len, columns.values()), default=0)
    rows = [{name: values[i] for name, values in columns.items()} for i in range(width)]
    outputs = feed(make(text, doors), [Batch.from_rows(rows)])
    rows_out = [row for output in outputs for row in output.to_rows()]
    names = [n for out in outputs[:1] for n in out.schema.names if n[0] != "_" or n in columns]
    return {name: [row[name] for row in rows_out] for name in names}


def _written(script: Script | ScriptsByColumn) -> Any:
    if isinstance(script, Script):
        return script.to_json()
    return [[column, each.to_json()] for column, each in script]
