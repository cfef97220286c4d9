"""Columns of numbers: which there are, and how NumPy sees them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amml_runtime.batch import Array, Batch
from amml_runtime.errors import WorkflowFault


def numeric(batch: Batch) -> list[str]:
    """The names of the columns of whole or floating numbers."""
    return [name for name in batch.names if _is_number(batch.schema.field(name).type)]


def check_columns(batch: Batch, names: Sequence[str]) -> None:
    """Raises `WorkflowFault` if the batch lacks one of the columns."""
    for name in names:
        if name not in batch.names:
            there = ", ".join(batch.names) or "none"
            raise WorkflowFault(f"no column `{name}`; there are: {there}")


def check_numbers(batch: Batch, names: Sequence[str]) -> None:
    """Raises `WorkflowFault` if the batch lacks one of the columns, or it holds no numbers."""
    check_columns(batch, names)
    for name in names:
        type_ = batch.schema.field(name).type
        if not _is_number(type_) and not pa.types.is_null(type_):
            raise WorkflowFault(f"column `{name}` is {type_}, and numbers are needed")


def floats(values: Array) -> NDArray[np.float64]:
    """The values as NumPy's float64, NaN where there is none."""
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def finite(values: Array) -> NDArray[np.float64]:
    """The values that are there: no null, NaN or infinity."""
    found = floats(values)
    return found[np.isfinite(found)]


def _is_number(type_: pa.DataType) -> bool:
    return pa.types.is_integer(type_) or pa.types.is_floating(type_)
