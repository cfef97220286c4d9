"""What the scalers share: the parameters of a run, and the metadata that carries them.

The parameters are `{"columns": {name: document}}`, or `{"all": document}` where the arguments give
the same ones to every column; `run` beside them names the model run they come from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_progress._shared.numbers import check_columns, check_numbers, finite, numeric
from amml_runtime.batch import Array, Batch
from amml_runtime.component import Params
from amml_runtime.errors import WorkflowFault

Document: TypeAlias = Mapping[str, Any]
Compute: TypeAlias = Callable[[Array, Document], Array]
Summary = TypeVar("Summary")


def scaled(batch: Batch, of: Sequence[str], params: Params, compute: Compute) -> Batch:
    """The batch with its columns scaled, each with what undoes it in its metadata."""
    shared, documents = params.get("all"), params.get("columns", {})
    names = of or (documents if shared is None else numeric(batch))
    check_numbers(batch, list(names))
    stamp = {"run": params["run"]} if "run" in params else {}
    for name in names:
        document = shared or documents.get(name)
        if document is None:
            known = ", ".join(documents) or "none"
            raise WorkflowFault(f"there are no limits for column `{name}`, only for: {known}")
        values = compute(batch.column(name).cast(pa.float64(), safe=False), document)
        batch = batch.with_column(name, values, {**document, "of": name, **stamp})
    return batch


def unscaled(batch: Batch, of: Sequence[str], kind: str, compute: Compute) -> Batch:
    """The batch with the columns of that kind of scale back in their own units."""
    check_columns(batch, of)
    carried = {name: batch.meta(name) for name in of or batch.names}
    found = {name: meta for name, meta in carried.items() if meta.get("kind") == kind}
    for name in of or found:
        if name not in found:
            raise WorkflowFault(f"column `{name}` carries no {kind} scale to undo")
        batch = batch.with_column(name, compute(batch.column(name), found[name]))
    if not found:
        raise WorkflowFault(
            f"no column carries a {kind} scale to undo: put `{kind}_scaler` before "
            f"`{kind}_inverse`, and nothing between them that computes the columns anew"
        )
    return batch


def given(of: Sequence[str], document: Document) -> Params:
    """The parameters that the arguments of a scaler give."""
    return {"columns": dict.fromkeys(of, document)} if of else {"all": document}


def stored(signature: Document, kind: str) -> Params | None:
    """The parameters of that kind in a model run's signature; None if it holds none."""
    found = {
        document["of"]: {key: document[key] for key in document if key not in ("of", "run")}
        for document in signature["columns"].values()
        if document.get("kind") == kind
    }
    return {"columns": found} if found else None


def summarise(
    batch: Batch,
    of: Sequence[str],
    acc: Mapping[str, Summary | None] | None,
    add: Callable[[Summary | None, NDArray[np.float64]], Summary],
) -> dict[str, Summary | None]:
    """What is known of each column with the batch's values added; None if it had no value yet."""
    names = of or numeric(batch)
    check_numbers(batch, names)
    known = dict(acc or {})
    for name in names:
        values = finite(batch.column(name))
        known[name] = add(known.get(name), values) if values.size else known.get(name)
    return known


def fitted(
    acc: Mapping[str, Summary | None] | None, document: Callable[[Summary], Document]
) -> Params:
    """The parameters that follow from the summaries of all columns."""
    columns: dict[str, Document] = {}
    for name, summary in (acc or {}).items():
        if summary is None:
            raise WorkflowFault(
                f"column `{name}` has no value to find its scale by; name the columns to scale: "
                "`of=[...]`"
            )
        columns[name] = document(summary)
    return {"columns": columns}


def check_fit(fit: int | str) -> None:
    """Raises `ValueError` unless `fit` is one of its words or a number of rows."""
    if fit not in ("auto", "own") and not (type(fit) is int and fit > 0):
        raise ValueError(f'`fit` is {fit!r}; it is "auto", "own" or a number of rows')
