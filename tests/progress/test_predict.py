"""The forecast beside each row: which rows it is made from, and that nothing else matters."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest

from amml_progress._shared.example import MEAN, SIGNATURE, doors
from amml_progress.predict import Predict
from amml_runtime.batch import Batch
from amml_runtime.errors import WorkflowFault
from amml_runtime.state import State, decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEIGHTS = (np.arange(12).reshape(6, 2) - 5).astype(np.float32) / 7  # (window, columns)


def weighing(width: int) -> bytes:
    """A model that weighs six rows of `width` columns with `WEIGHTS`, repeated."""
    helper = onnx.helper
    weights = np.resize(WEIGHTS, (6 * width, 1))
    nodes = [
        helper.make_node("Flatten", ["windows"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["forecast"]),
    ]
    graph = helper.make_graph(
        nodes,
        "weighing",
        [helper.make_tensor_value_info("windows", 1, ["n", 6, width])],
        [helper.make_tensor_value_info("forecast", 1, ["n", 1])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def predictor(model: bytes = MEAN, **signature: Any) -> Predict:
    handed = doors(model, {**SIGNATURE, **signature})
    return Predict("mean:0.1", models=handed["models"], resolved=handed["model"])


def weigher(**signature: Any) -> Predict:
    form = {"inputs": ["OT", "load"], "window": 6, "columns": {"OT": {}, "load": {}}}
    return predictor(weighing(2), **{**form, **signature})


def feed(step: Predict, *batches: Batch, state: State | None = None) -> list[Any]:
    state = State() if state is None else state
    outputs = [step.process(batch, state, NOW) for batch in batches]
    return [value for output in outputs for value in output.column("OT_pred").to_pylist()]


def column(values: Sequence[float | None], key: str | None = None) -> Batch:
    schema = pa.schema([("_key", pa.string()), ("OT", pa.float64())])
    return Batch.from_rows([{"_key": key, "OT": value} for value in values], schema)


def noise(rows: int, keys: int = 3) -> Batch:
    """Rows of several keys, mixed, a tenth of the loads null."""
    rng = np.random.default_rng(3)
    return Batch.from_rows(
        {
            "_time": NOW + timedelta(hours=i),
            "_key": [None, "", "a", "b"][int(rng.integers(keys))],
            "OT": float(rng.normal()),
            "load": None if rng.random() < 0.1 else float(rng.normal()),
        }
        for i in range(rows)
    )


def slowly(batch: Batch, horizon: int = 1, difference: bool = False) -> list[float | None]:
    """What `weigher` should answer, a row at a time."""
    seen: dict[str | None, list[tuple[float, float | None]]] = {}
    found: list[float | None] = []
    for row in batch.to_rows():
        past = seen.setdefault(row["_key"], [])
        window = past[: len(past) - horizon + 1][-6:]
        if len(window) < 6 or any(None in pair for pair in window):
            found.append(None)
        else:
            moved = float((np.array(window, np.float32) * WEIGHTS).sum())
            found.append(moved + window[-1][0] * difference)
        past.append((row["OT"], row["load"]))
    return found


def test_a_forecast_is_made_from_the_rows_before_and_null_without_enough() -> None:
    found = feed(predictor(), column([1, 2, 3, 4, 60]))
    assert found == [None, None, None, 2.0, 3.0]


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("target", ["value", "difference"])
def test_it_agrees_with_a_slow_reference_over_mixed_keys_and_nulls(
    horizon: int, target: str
) -> None:
    batch = noise(300)
    found = feed(weigher(horizon=horizon, target=target), batch)
    expected = slowly(batch, horizon, target == "difference")
    assert [value is None for value in found] == [value is None for value in expected]
    assert sum(value is not None for value in found) > 50
    assert [v for v in found if v is not None] == pytest.approx(
        [v for v in expected if v is not None], abs=1e-5
    )


@pytest.mark.parametrize("size", [1, 2, 7, 150, 300])
def test_another_batching_gives_the_same_bits(size: int) -> None:
    batch = noise(300)
    parts = [batch.slice(start, size) for start in range(0, 300, size)]
    assert feed(weigher(), *parts) == feed(weigher(), batch)


def test_state_survives_saving_and_holds_no_more_than_the_reach() -> None:
    batch, state = noise(200), State()
    first = feed(weigher(horizon=2), batch.slice(0, 90), state=state)
    saved = {key: decode(data) for key, data in state.changes() if data is not None}
    assert {len(value) for value in saved.values()} == {7 * 2 * 4}
    rest = feed(weigher(horizon=2), batch.slice(90), state=State(saved))
    assert first + rest == feed(weigher(horizon=2), batch)


def test_the_hour_is_an_input_when_the_model_has_the_feature() -> None:
    step = predictor(weighing(3), features=["hour"], window=6)
    hours = [NOW + timedelta(hours=i) for i in range(8)]
    batch = Batch.from_rows([{"_time": hour, "OT": 0.0} for hour in hours])
    angles = [2 * np.pi * hour / 24 for hour in range(7)]
    rows = np.array([[0.0, np.sin(angle), np.cos(angle)] for angle in angles])
    weights = np.resize(WEIGHTS, (6, 3))
    expected = [float((rows[i : i + 6] * weights).sum()) for i in range(2)]
    assert feed(step, batch)[6:] == pytest.approx(expected, abs=1e-5)


def test_a_row_without_time_has_no_feature_and_so_no_forecast_after_it() -> None:
    step = predictor(weighing(3), features=["hour"], window=6)
    assert feed(step, column([0.0] * 8)) == [None] * 8


def test_no_rows_have_the_new_column_without_loading_the_model() -> None:
    output = predictor(b"no model").process(column([]), State(), NOW)
    assert output.rows == 0
    assert output.schema.field("OT_pred").type == pa.float64()


def test_the_forecast_carries_the_scaler_of_the_label() -> None:
    scaler = {"kind": "minmax", "min": 0.0, "max": 40.0, "of": "OT"}
    batch = column([0.5])
    scaled = batch.with_column("OT", batch.column("OT"), {**scaler, "run": "r2"})
    output = predictor(columns={"OT": scaler}).process(scaled, State(), NOW)
    assert output.meta("OT_pred") == {**scaler, "run": "r2"}


def test_the_new_column_may_have_another_name() -> None:
    handed = doors()
    step = Predict("mean:0.1", name="next", models=handed["models"], resolved=handed["model"])
    assert step.process(column([1.0]), State(), NOW).names == ["OT", "next"]


SCALED = {"kind": "minmax", "min": 0.0, "max": 40.0, "of": "OT"}


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        ({}, SCALED, "`OT` is not scaled, but mean:0.1 was trained on it minmax min=0.0 max=40.0"),
        (SCALED, {}, "`OT` is minmax .*trained on it not scaled"),
        ({**SCALED, "max": 41.0}, SCALED, "max=41.0.* trained on it minmax min=0.0 max=40.0"),
        ({"kind": "zscore", "mean": 0.0, "std": 1.0}, SCALED, "`OT` is zscore mean=0.0 std=1.0"),
    ],
)
def test_another_scale_than_in_training_is_refused_with_both(
    found: dict[str, Any], expected: dict[str, Any], message: str
) -> None:
    batch = column([0.5])
    batch = batch.with_column("OT", batch.column("OT"), found)
    with pytest.raises(WorkflowFault, match=message):
        predictor(columns={"OT": expected}).process(batch, State(), NOW)


def test_a_missing_input_is_refused_with_the_columns_there_are() -> None:
    with pytest.raises(WorkflowFault, match="mean:0.1 needs the column `OT`; there are a, b"):
        predictor().process(Batch.from_rows([{"a": 1, "b": 2}]), State(), NOW)


def test_an_input_that_is_text_is_refused() -> None:
    with pytest.raises(WorkflowFault, match="numbers in the column `OT`, which is string"):
        predictor().process(Batch.from_rows([{"OT": "warm"}]), State(), NOW)


def test_predicting_imports_no_tensorflow() -> None:
    code = (
        "import sys, datetime, amml_progress.lstm, amml_progress.predict as p\n"
        "from amml_progress._shared.example import doors\n"
        "from amml_runtime.batch import Batch\n"
        "from amml_runtime.state import State\n"
        "d = doors()\n"
        "step = p.Predict('mean:0.1', models=d['models'], resolved=d['model'])\n"
        "batch = Batch.from_rows([{'OT': 1.0}] * 5)\n"
        "assert step.process(batch, State(), None).to_rows()[4]['OT_pred'] == 1.0\n"
        "print([name for name in ('tensorflow', 'keras', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
