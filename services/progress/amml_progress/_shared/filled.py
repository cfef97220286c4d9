"""Columns as a matrix whose missing values are filled, and back."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from amml_language.numpy_column import from_numpy
from amml_progress._shared.numbers import floats
from amml_runtime.batch import Array, Batch

Floats = NDArray[np.float64]


def matrix(batch: Batch, names: Sequence[str]) -> Floats:
    """The columns side by side, a row a row; null is NaN."""
    columns = [floats(batch.column(name)) for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((batch.rows, 0))


def with_filled(batch: Batch, names: Sequence[str], filled: Floats) -> Batch:
    """The batch with these values in its columns, and `imputed` where one was missing before."""
    imputed = np.any(np.isnan(matrix(batch, names)) & ~np.isnan(filled), axis=1)
    if "imputed" in batch.names and pa.types.is_boolean(batch.schema.field("imputed").type):
        before: Any = pc.fill_null(cast(Any, batch.column("imputed")), False)
        imputed |= before.to_numpy(zero_copy_only=False)
    for column, name in enumerate(names):
        values = filled[:, column]
        batch = batch.with_column(name, from_numpy(values, np.isnan(values)), batch.meta(name))
    return batch.with_column("imputed", booleans(imputed))


def booleans(values: "NDArray[np.bool_]") -> Array:
    """A column of them."""
    return cast(Any, pa.array)(values, pa.bool_())
