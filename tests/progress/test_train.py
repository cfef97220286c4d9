"""A training: its records, its resume, and the model it leaves."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amml_progress._shared.example import DEFINITION, doors
from amml_progress._shared.trainer import RECORD
from amml_progress.predict import Predict
from amml_progress.train import Train
from amml_runtime.batch import Batch
from amml_runtime.component import Checkpoint, Dataset, Epoch
from amml_runtime.errors import StepError, WorkflowFault
from amml_runtime.state import State

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCALER = {"kind": "minmax", "min": 10.0, "max": 30.0, "of": "OT"}


def waves(rows: int = 300) -> Batch:
    """Two keys in turn, each a wave with noise, scaled."""
    rng = np.random.default_rng(5)
    batch = Batch.from_rows(
        {
            "_time": NOW + timedelta(hours=i // 2),
            "_key": "ab"[i % 2],
            "OT": 0.5 + 0.4 * float(np.sin(i / 9) + 0.1 * rng.normal()),
        }
        for i in range(rows)
    )
    return batch.with_column("OT", batch.column("OT"), SCALER)


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[[Batch], Dataset]:
    """A batch as the file that a trainer is given."""

    def write(batch: Batch) -> Dataset:
        path = tmp_path / "input.arrow"
        with pa.ipc.new_file(str(path), batch.schema) as file:
            file.write_batch(batch.data)
        return Dataset(path, "ett-train.r1.train", 7, {})

    return write


def trainer(layers: list[Any] | None = None, epoch: int | None = None, **train: Any) -> Train:
    model = layers or DEFINITION["model"]
    definition = {"model": model, "train": {**DEFINITION["train"], **train}}
    return Train("mean:0.1", epoch=epoch, definition=definition)


DROPOUT = [
    {"LSTM": {"units": 3, "dropout": 0.2}},
    {"Dropout": {"rate": 0.1}},
    *DEFINITION["model"][1:],
]


@pytest.mark.train
def test_each_epoch_gives_a_record_and_the_last_the_model(
    dataset: Callable[[Batch], Dataset], capfd: pytest.CaptureFixture[str]
) -> None:
    first, last = trainer(epoch=2).train(dataset(waves()), None)
    assert [first.number, last.number] == [1, 2]
    assert [*first.record] == RECORD.names
    assert first.record["run"] == "ett-train.r1.train"
    assert first.trained is None and last.trained is not None
    trained = last.trained
    assert [*trained.artefacts] == ["model.onnx", "model.keras"]
    assert zipfile.is_zipfile(io.BytesIO(trained.artefacts["model.keras"]))
    assert trained.metrics["epochs"] == [first.record, last.record]
    assert trained.metrics["mae_original"] == pytest.approx(20 * trained.metrics["mae"])
    assert trained.signature["columns"] == {"OT": SCALER}
    assert {"keras", "tensorflow", "onnxruntime"} < trained.libraries.keys()
    assert capfd.readouterr() == ("", "")


@pytest.mark.train
@pytest.mark.parametrize("target", ["value", "difference"])
def test_the_model_forecasts_the_held_out_rows_with_the_error_it_claims(
    dataset: Callable[[Batch], Dataset], target: str
) -> None:
    batch = waves()
    [*_, last] = trainer(target=target, features=["hour"]).train(dataset(batch), None)
    assert last.trained is not None
    handed = doors(last.trained.artefacts["model.onnx"], dict(last.trained.signature))
    step = Predict("mean:0.1", models=handed["models"], resolved=handed["model"])
    rows = step.process(batch, State(), NOW).to_rows()[-60:]  # 150 hours: the cut is at 119.2
    errors = [abs(row["OT"] - row["OT_pred"]) for row in rows]
    assert last.trained.metrics["test_rows"] == 60
    assert last.trained.metrics["mae"] == pytest.approx(float(np.mean(errors)), abs=1e-6)


@pytest.mark.train
@pytest.mark.long
def test_a_resumed_training_ends_as_one_that_never_stopped(
    dataset: Callable[[Batch], Dataset],
) -> None:
    data = dataset(waves())
    step = trainer(DROPOUT, epoch=3, decay=0.9)
    whole = list(step.train(data, None))
    [*resumed] = step.train(data, Checkpoint(1, whole[0].checkpoint))
    assert [epoch.number for epoch in resumed] == [2, 3]
    assert without_seconds(resumed[-1]) == without_seconds(whole[-1])
    before, after = arrays(whole[-1].checkpoint), arrays(resumed[-1].checkpoint)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert whole[-1].trained is not None and resumed[-1].trained is not None
    assert whole[-1].trained.artefacts["model.onnx"] == resumed[-1].trained.artefacts["model.onnx"]


def without_seconds(epoch: Epoch) -> dict[str, Any]:
    return {**epoch.record, "seconds": None}


def arrays(checkpoint: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(checkpoint), allow_pickle=False) as found:
        return {name: found[name] for name in found if name != "history"}


@pytest.mark.long
@pytest.mark.train
def test_another_seed_is_another_model(dataset: Callable[[Batch], Dataset]) -> None:
    data = dataset(waves())
    losses = {
        next(Train("m:1", seed=seed, definition=DEFINITION).train(data, None)).record["loss"]
        for seed in (None, 1, 2)
    }
    assert len(losses) == 3


@pytest.mark.train
def test_patience_ends_a_training_that_no_longer_improves(
    dataset: Callable[[Batch], Dataset],
) -> None:
    epochs = list(trainer(epoch=30, patience=2, learning_rate=0.5).train(dataset(waves()), None))
    losses = [epoch.record["val_loss"] for epoch in epochs]
    assert len(epochs) < 30
    assert epochs[-1].trained is not None
    assert min(losses[-2:]) >= min(losses[:-2])


@pytest.mark.train
def test_a_loss_that_is_no_number_stops_the_training(
    dataset: Callable[[Batch], Dataset],
) -> None:
    batch = waves()
    huge = pa.array(np.where(np.arange(batch.rows) % 7, 1.0, 3e38))
    step = trainer(loss="mse")
    with pytest.raises(StepError, match="the loss of epoch 1 is"):
        next(step.train(dataset(batch.with_column("OT", huge)), None))


def test_no_rows_come_out_but_their_columns_are_known() -> None:
    output = trainer().process(waves(2).slice(0, 0), State(), NOW)
    assert (output.rows, output.names) == (0, RECORD.names)


def test_a_missing_label_is_refused_before_anything_is_read() -> None:
    with pytest.raises(WorkflowFault, match="mean:0.1 needs the column `OT`; there are a"):
        trainer().process(Batch.from_rows([{"a": 1}]), State(), NOW)


@pytest.mark.parametrize("arguments", [{"epoch": 0}, {"seed": -1}])
def test_an_argument_out_of_range_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Train("mean:0.1", **arguments, definition=DEFINITION)
