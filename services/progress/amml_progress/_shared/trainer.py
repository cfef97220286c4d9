"""What the trainers are: all rows in, a record an epoch out, and a model at the end."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa

from amml_progress._shared.definition import Definition, parse
from amml_progress._shared.fitting import Fitting
from amml_progress._shared.form import Form, require
from amml_progress._shared.onnx_export import export
from amml_progress._shared.samples import Samples, samples
from amml_progress._shared.session import Session
from amml_runtime.batch import Batch
from amml_runtime.component import (
    AbstractProgress,
    Checkpoint,
    Dataset,
    Epoch,
    Trained,
    handed,
)
from amml_runtime.errors import StepError, WorkflowFault
from amml_runtime.state import State

RECORD = pa.schema(
    [
        ("epoch", pa.int64()),
        ("loss", pa.float64()),
        ("val_loss", pa.float64()),
        ("seconds", pa.float64()),
        ("run", pa.string()),
    ]
)
TOLERANCE = 1e-5  # how far ONNX may be from Keras, of the largest answer if that is above one


@dataclass(frozen=True)
class Trainer(AbstractProgress):
    """A component that trains; `train` and `train_lstm` are two words for it."""

    model: str
    epoch: int | None = None
    seed: int | None = None
    definition: Mapping[str, Any] = handed("definition")

    def __post_init__(self) -> None:
        if self.epoch is not None and self.epoch < 1:
            raise ValueError(f"epoch is {self.epoch}, expected at least 1")
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed is {self.seed}, expected 0 or more")

    def process(self, batch: Batch, state: State, now: datetime) -> Batch:
        """No row: it trains at the end. Checks that the columns are there."""
        require(batch, parse(self.definition).needed, f"the model {self.model}")
        return Batch.from_rows([], RECORD)

    def train(self, dataset: Dataset, resume: Checkpoint | None) -> Iterator[Epoch]:
        """The epochs after `resume`, the last with the model."""
        definition = parse(self.definition)
        batch = _whole(dataset)
        require(batch, definition.needed, f"the model {self.model}")
        found = samples(definition, batch)
        fitting = Fitting(found, self._seed(definition, dataset))
        history = [] if resume is None else fitting.restore(resume.data)
        for number in range(len(history) + 1, (self.epoch or definition.epoch) + 1):
            answers = _one_epoch(fitting, found, number, dataset.run, history)
            last = number == (self.epoch or definition.epoch) or _stalled(history, definition)
            form = Form.of(definition, batch)
            trained = _trained(fitting, found, form, answers, history) if last else None
            yield Epoch(number, history[-1], fitting.save(history), trained)
            if last:
                return

    def _seed(self, definition: Definition, dataset: Dataset) -> int:
        given = definition.seed if self.seed is None else self.seed
        return dataset.seed if given is None else given


def _whole(dataset: Dataset) -> Batch:
    table = dataset.table().combine_chunks()
    batches = table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    return Batch.concat([Batch(data) for data in batches])


def _one_epoch(
    fitting: Fitting, found: Samples, number: int, run: str, history: list[dict[str, Any]]
) -> Any:
    """Train one epoch and write its record into the history; the answers for the hold-out."""
    start = time.perf_counter()
    loss = fitting.epoch(number)
    answers = fitting.answers(found.test)
    record: dict[str, Any] = {"epoch": number, "loss": loss}
    record |= {"val_loss": fitting.loss(found.test, answers)}
    record |= {"seconds": round(time.perf_counter() - start, 3), "run": run}
    if not np.isfinite(loss):
        raise WorkflowFault(f"the loss of epoch {number} is {loss}: lower the learning rate")
    history.append(record)
    return answers


def _stalled(history: list[dict[str, Any]], definition: Definition) -> bool:
    """Whether the held-out loss has not fallen below its best for `patience` epochs."""
    losses = [record["val_loss"] for record in history]
    recent = definition.patience
    return 0 < recent < len(losses) and min(losses[-recent:]) >= min(losses[:-recent])


def _trained(
    fitting: Fitting, found: Samples, form: Form, answers: Any, history: list[dict[str, Any]]
) -> Trained:
    onnx = export(fitting.network)
    _compare(Session(onnx), found, answers)
    return Trained(
        artefacts={"model.onnx": onnx, "model.keras": fitting.to_keras()},
        metrics=_metrics(found, form, answers, history),
        signature=form.to_signature(),
        libraries={name: version(name) for name in ("keras", "onnx", "onnxruntime", "numpy")}
        | {"tensorflow": _tensorflow()},
    )


def _tensorflow() -> str:
    import tensorflow

    return tensorflow.__version__


def _compare(session: Session, found: Samples, answers: Any) -> None:
    """Raises `StepError` unless ONNX answers as Keras does, on every held-out window."""
    each = found.definition
    others = session.answers(found.values, found.test, each.window, each.horizon)
    apart = float(np.abs(others - answers).max())
    if not apart < TOLERANCE * max(1.0, float(np.abs(answers).max())):
        raise StepError(f"ONNX and Keras differ by {apart:.3g}, expected less than {TOLERANCE:g}")


def _metrics(
    found: Samples, form: Form, answers: Any, history: list[dict[str, Any]]
) -> dict[str, Any]:
    """Errors on the hold-out, beside those of repeating the last value on the same rows."""
    truth = found.label[found.test].astype(float)
    mae = float(np.abs(found.forecast(found.test, answers) - truth).mean())
    persistence = float(np.abs(found.last(found.test) - truth).mean())
    unit = _unit(form.columns[form.label])
    return {
        "loss": history[-1]["loss"],
        "val_loss": history[-1]["val_loss"],
        "mae": mae,
        "persistence": persistence,
        "mae_original": mae * unit,
        "persistence_original": persistence * unit,
        "train_rows": len(found.train),
        "test_rows": len(found.test),
        "epochs": history,
    }


def _unit(scaler: Mapping[str, Any]) -> float:
    """How large one scaled unit of the label is on its original scale."""
    if scaler.get("kind") == "minmax":
        return (float(scaler["max"]) - float(scaler["min"])) or 1.0
    return float(scaler.get("std", 1.0))
