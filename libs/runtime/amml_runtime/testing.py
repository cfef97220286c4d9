"""Run components on a few rows, without Kafka: for docstring examples, laws and users' tests.

>>> run("minmax_scaler of=OT, min=20, max=40 | filter cond = OT > 0.2", OT=[20.0, 30.0, 40.0])
{'OT': [0.5, 1.0]}
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from amml_language.bound import Reference
from amml_language.compiler import compile_text
from amml_language.program import (
    Create,
    Link,
    ScriptsByColumn,
    SetArgument,
    SetScript,
    write_value,
)
from amml_language.script import Script
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractEgress, AbstractIngress, Origin, Params, Place
from amml_runtime.declaration import construct
from amml_runtime.registry import component, signatures
from amml_runtime.state import State

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make(text: str, doors: Mapping[str, Any] | None = None) -> Any:
    """The component that a fragment such as `filter a > 1` writes; of several, the last."""
    return make_flow(text, doors)[-1]


def make_flow(text: str, doors: Mapping[str, Any] | None = None) -> list[Any]:
    """The components that a fragment such as `filter a > 1 | select a` writes, in order."""
    return [construct(component(word), arguments, doors) for word, arguments in words(text)]


def words(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Each component's word in a fragment, with its arguments in JSON form.

    >>> words("normalsource mean=5, every=1m")
    [('normalsource', {'mean': 5.0, 'every': {'duration_us': 60000000}})]
    """
    steps: dict[int, tuple[str, dict[str, Any]]] = {}
    for each in compile_text(text, signatures(), fragment=True).instructions:
        match each:
            case Create(step, word):
                steps[step] = (word, {})
            case SetArgument(step, name, value):
                steps[step][1][name] = write_value(value)
            case SetScript(step, name, script):
                steps[step][1][name] = _written(script)
            case Link(Reference(label, workflow), step, "event", _, str(name)):
                steps[step][1][name] = f"{workflow}.{label}"
            case _:
                pass
    return list(steps.values())


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


def feed(
    step: Any,
    batches: Sequence[Batch],
    state: State | None = None,
    beside: Mapping[str, Batch] | None = None,
) -> list[Batch]:
    """What a component makes of batches and of their end, in order; empty outputs left out.

    `beside` are rows that come in at the side, before all others, by the label of their step.

    Without batches a source reads. What an egress brings outside is no output.
    """
    if isinstance(step, AbstractIngress) and not batches:
        portions = step.read(None)
        if not step.ends():  # it gives empty portions for ever when it has no more
            portions = takewhile(lambda portion: portion.batch.rows or portion.refused, portions)
        return [portion.batch for portion in portions if portion.batch.rows]
    if isinstance(step, AbstractEgress) and type(step).write is not AbstractEgress.write:
        step.resume(Place("example", 0, "first"))
        for number, batch in enumerate(batches):
            step.write(batch, Origin("example", 0, number, number + 1))
        return []
    state = State(params=params_for(step, batches)) if state is None else state
    sides = beside or {}
    outputs = [step.event(batch, state, NOW, label) for label, batch in sides.items()]
    outputs += [step.process(batch, state, NOW) for batch in batches]
    outputs.append(step.finish(state, NOW))
    return [output for output in outputs if output is not None and output.rows]


def run(
    text: str,
    doors: Mapping[str, Any] | None = None,
    beside: Mapping[str, Mapping[str, list[Any]]] | None = None,
    **columns: list[Any],
) -> dict[str, Any]:
    """The columns a flow gives for columns of values; `_time` and `_key` shown if given.

    `beside` are the columns of other flows, by their labels, for the last step of this one.
    """
    batches = [batch_of(columns)] if columns else []
    *others, last = make_flow(text, doors)
    for step in others:
        batches = feed(step, batches)
    sides = {label: batch_of(each) for label, each in (beside or {}).items()}
    batches = feed(last, batches, beside=sides)
    rows = [row for batch in batches for row in batch.to_rows()]
    names = [n for batch in batches[:1] for n in batch.schema.names if n[0] != "_" or n in columns]
    return {name: [row[name] for row in rows] for name in names}


def batch_of(columns: Mapping[str, Sequence[Any]]) -> Batch:
    """A batch of columns of values."""
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    return Batch.from_rows(dict(zip(names, row, strict=True)) for row in rows)


def _written(script: Script | ScriptsByColumn) -> Any:
    if isinstance(script, Script):
        return script.to_json()
    return [[column, each.to_json()] for column, each in script]
