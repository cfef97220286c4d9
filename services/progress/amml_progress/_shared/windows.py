"""Rows as a model sees them: a matrix of inputs, and the windows that end before a row."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_progress._shared import features as features_of
from amml_runtime.batch import Batch

Floats: TypeAlias = NDArray[np.float32]
Whole: TypeAlias = NDArray[np.int64]


def matrix(batch: Batch, inputs: Sequence[str], features: Sequence[str]) -> Floats:
    """Inputs and features side by side, a row a row; null is NaN."""
    columns = [floats(batch.column(name)) for name in inputs]
    if features:
        columns += features_of.columns(times_of(batch), features)
    return np.stack(columns, axis=1)


def times_of(batch: Batch) -> NDArray[np.datetime64]:
    """The event times; NaT where there is none."""
    never = pa.scalar(np.iinfo(np.int64).min, pa.int64())
    ticks = pc.if_else(pc.is_valid(batch.times), batch.times.cast(pa.int64()), never)
    return ticks.to_numpy(zero_copy_only=False).view("datetime64[us]")


def floats(column: Any) -> Floats:
    """An Arrow column of numbers; null is NaN."""
    values = column.cast(pa.float32(), safe=False)
    return values.to_numpy(zero_copy_only=False)


def by_key(keys: Any) -> Iterator[tuple[str | None, Whole]]:
    """Each key in a column with the places of its rows, in their order."""
    if not len(keys):
        return
    encoded = keys.dictionary_encode(null_encoding="encode")
    codes: Whole = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary.to_pylist()
    if len(names) == 1:
        yield names[0], np.arange(len(codes))
        return
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    yield from zip(names, np.split(order, ends[:-1]), strict=True)


def gather(values: Floats, targets: Whole, window: int, horizon: int) -> Floats:
    """The windows for the forecasts of the rows `targets`: (targets, window, columns).

    The window of row t is the rows from t - horizon - window + 1 to t - horizon.
    """
    return values[targets[:, None] + np.arange(1 - horizon - window, 1 - horizon)]


def whole(values: Floats, targets: Whole, window: int, horizon: int) -> NDArray[np.bool_]:
    """For which of the rows `targets` no value of the window is missing."""
    missing = np.concatenate([[0], np.cumsum(~np.isfinite(values).all(axis=1))])
    ends = targets - horizon + 1
    return missing[ends] == missing[ends - window]
