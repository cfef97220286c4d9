"""A dry run: the columns go through every component on a batch without rows.

So a column that is not there, or of a wrong type, is reported before anything is deployed.
Where columns are not known (a topic that declares none), the check ends without a word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from amml_deploy.errors import UserError
from amml_deploy.planner.graph import Graph
from amml_deploy.planner.instances import mode_of, reads_topic
from amml_deploy.planner.resources import is_predictor
from amml_deploy.planner.steps import Stage
from amml_language.diagnostics import LanguageError
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """What is known of a step's rows: their columns on an empty batch.

    `exact` is false below a scaler that will be fitted: its limits are made up here.
    """

    batch: Batch
    exact: bool = True


def check(graph: Graph, stages: Sequence[Stage]) -> None:
    """Send the columns through all stages, from the sources on.

    Errors: UserError, with the caret under the script or the step at fault.
    """
    known: dict[int, Known | None] = {}
    for stage in stages:
        known[stage.node.number] = _through(stage, graph, known)


def _through(stage: Stage, graph: Graph, known: Mapping[int, Known | None]) -> Known | None:
    try:
        if isinstance(stage.component, AbstractIngress):
            return _first(stage)
        inputs = [known[number] for number in stage.node.inputs]
        tables = [known[number] for number in stage.node.tables]
        if stage.component.joins or tables:
            return _joined(stage, graph, [*inputs, *tables])
        reached = _union(inputs)
        return None if reached is None else _processed(stage, reached)
    except LanguageError as error:
        raise UserError(str(error)) from error
    except (WorkflowFault, pa.ArrowException) as error:
        raise graph.fault(stage.node, _sentence(error)) from error
    except Exception:
        return None  # not to be tried without rows: its first rows will tell


def _first(stage: Stage) -> Known | None:
    """The columns a source gives: those of the catalogue, or of its first rows."""
    component = stage.component
    entry = stage.resources.get("entry")
    if entry is not None:
        if not entry.get("columns"):
            return None
        return Known(component.process(Batch.empty(), State(), _NOW))
    if reads_topic(component):
        return None
    portion = next(iter(component.read(None)), None)
    return None if portion is None else Known(portion[0].slice(0, 0))


def _joined(stage: Stage, graph: Graph, inputs: Sequence[Known | None]) -> Known | None:
    """The columns of a step that sets the rows of several flows side by side."""
    flows = [each for each in inputs if each is not None]
    if len(flows) < len(inputs):
        return None
    state = State()
    numbers = [*stage.node.inputs[1:], *stage.node.tables]
    for number, side in zip(numbers, flows[1:], strict=True):
        stage.component.event(side.batch, state, _NOW, graph.nodes[number].label)
    batch = stage.component.process(flows[0].batch, state, _NOW)
    return Known(batch.slice(0, 0), all(each.exact for each in flows))


def _processed(stage: Stage, reached: Known) -> Known | None:
    component = stage.component
    if mode_of(component, "amml") == "write":
        return None
    fits = stage.scaling is not None and stage.scaling.fits
    given = reached.batch
    if is_predictor(type(component)) and not reached.exact:
        given = _as_trained(given, stage.resources["model"]["signature"])
    batch = component.process(given, State(params=_params(stage, given)), _NOW)
    if batch is None or not batch.names:
        return None  # it says its columns with its first rows
    return Known(batch.slice(0, 0), reached.exact and not fits)


def _params(stage: Stage, batch: Batch) -> Mapping[str, Any]:
    """A scaler's parameters: those decided on, or made up by a fit on two rows."""
    component, scaling = stage.component, stage.scaling
    if scaling is None:
        return {}
    if not scaling.fits:
        return scaling.params or {}
    return component.fitted(component.fit(_two_rows(batch), None))


def _as_trained(batch: Batch, signature: Mapping[str, Any]) -> Batch:
    """The limits of a fit are not known yet: the model's where the kind is, or else none."""
    for name, document in signature["columns"].items():
        kind = batch.meta(name).get("kind") if name in batch.names else None
        if kind is not None:
            meta = document if kind == document.get("kind") else {"kind": kind}
            batch = batch.with_column(name, batch.column(name), meta)
    return batch


def _two_rows(batch: Batch) -> Batch:
    columns = [_two_values(each.type) for each in batch.schema]
    return Batch(pa.RecordBatch.from_arrays(columns, schema=batch.schema))


def _two_values(type_: pa.DataType) -> Any:
    try:
        return pa.array([0, 1]).cast(type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None, None], type_)


def _union(inputs: Sequence[Known | None]) -> Known | None:
    """The columns after a plain `join`: by name, of one type."""
    if len(inputs) == 1:
        return inputs[0]
    if any(each is None for each in inputs):
        return None
    reached = [each for each in inputs if each is not None]
    fields: dict[str, Any] = {}
    for each in reached:
        for column in each.batch.schema:
            before = fields.setdefault(column.name, column)
            if before.type != column.type:
                raise WorkflowFault(
                    f"column `{column.name}` is {before.type} in one flow before the `join` "
                    f"and {column.type} in another"
                )
    schema = pa.schema(list(fields.values()))
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    return Known(Batch(empty), all(each.exact for each in reached))


def _sentence(error: Exception) -> str:
    text = str(error).splitlines()
    return text[0] if text else type(error).__name__
