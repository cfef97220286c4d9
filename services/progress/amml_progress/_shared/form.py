"""What a model's columns have to be: the signature a training writes and a prediction checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from amml_progress._shared.definition import Definition
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault


@dataclass(frozen=True)
class Form:
    """The columns a model was trained on, what their scales were, and how it looks at them."""

    inputs: tuple[str, ...]
    label: str
    window: int
    horizon: int
    target: str
    features: tuple[str, ...]
    columns: Mapping[str, Mapping[str, Any]]  # each column's scaler, {} for an unscaled one

    @classmethod
    def of(cls, definition: Definition, batch: Batch) -> "Form":
        """The form of a model trained on the columns of `batch`."""
        return cls(
            inputs=definition.inputs,
            label=definition.label,
            window=definition.window,
            horizon=definition.horizon,
            target=definition.target,
            features=definition.features,
            columns={name: batch.meta(name) for name in definition.needed},
        )

    @classmethod
    def from_signature(cls, signature: Mapping[str, Any]) -> "Form":
        """What `to_signature` gave, also after JSON."""
        lists = {name: tuple(signature[name]) for name in ("inputs", "features")}
        fields: dict[str, Any] = {**signature, **lists}
        return cls(**fields)

    def to_signature(self) -> dict[str, Any]:
        """As plain data, for the model's run."""
        return {**vars(self), "inputs": [*self.inputs], "features": [*self.features]}

    @property
    def reach(self) -> int:
        """How many rows before a row its forecast reads."""
        return self.window + self.horizon - 1

    @property
    def width(self) -> int:
        """How many numbers of a row the network sees."""
        return len(self.inputs) + 2 * len(self.features)

    def check(self, batch: Batch, model: str) -> None:
        """Raises `WorkflowFault` if the model was trained on other columns or other scales."""
        require(batch, self.inputs, f"the model {model}")
        for name, expected in self.columns.items():
            found = batch.meta(name) if name in batch.names else expected
            if _scale(found) != _scale(expected):
                raise WorkflowFault(
                    f"column `{name}` is {_described(found)}, but {model} was trained on it "
                    f"{_described(expected)}: put the scaler of the training before it"
                )


def require(batch: Batch, names: Sequence[str], who: str) -> None:
    """Raises `WorkflowFault` if a column is missing or holds no numbers."""
    for name in names:
        if name not in batch.names:
            there = ", ".join(batch.names) or "none"
            raise WorkflowFault(f"{who} needs the column `{name}`; there are {there}")
        kind = batch.schema.field(name).type
        if not _is_number(kind):
            raise WorkflowFault(f"{who} needs numbers in the column `{name}`, which is {kind}")


def _is_number(kind: pa.DataType) -> bool:
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)
    return any(check(kind) for check in checks)


def _scale(meta: Mapping[str, Any]) -> dict[str, Any]:
    """A scaler's document without the run that fitted it: equal numbers mean equal scales."""
    return {name: value for name, value in meta.items() if name != "run"}


def _described(meta: Mapping[str, Any]) -> str:
    scale = _scale(meta)
    if not scale:
        return "not scaled"
    kind = scale.pop("kind", "scaled")
    return " ".join([str(kind), *(f"{name}={value}" for name, value in scale.items())])
