"""Every layer a model may have answers in ONNX as in Keras."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data

from amml_progress._shared.definition import parse
from amml_progress._shared.loading import load_keras
from amml_progress._shared.network import LAYERS, build
from amml_progress._shared.onnx_export import export
from amml_progress._shared.session import Session
from amml_runtime.errors import WorkflowFault

pytestmark = pytest.mark.train

ROWS, WINDOW, WIDTH = 300, 6, 3
DENSE = {"Dense": {"units": 1}}
NETWORKS: dict[str, list[dict[str, Any]]] = {
    "LSTM": [{"LSTM": {"units": 5}}, DENSE],
    "LSTM wide": [{"LSTM": {"units": 130}}, DENSE],
    "LSTM relu": [{"LSTM": {"units": 5, "activation": "relu"}}, DENSE],
    "LSTM deep": [{"LSTM": {"units": 4, "return_sequences": True}}, {"LSTM": {"units": 3}}, DENSE],
    "GRU": [{"GRU": {"units": 5, "dropout": 0.2}}, DENSE],
    "GRU sigmoid": [{"GRU": {"units": 5, "activation": "sigmoid"}}, DENSE],
    "Bidirectional": [{"Bidirectional": {"layer": {"LSTM": {"units": 4}}}}, DENSE],
    "Bidirectional deep": [
        {"Bidirectional": {"layer": {"GRU": {"units": 4, "return_sequences": True}}}},
        {"Bidirectional": {"layer": {"GRU": {"units": 4}}}},
        DENSE,
    ],
    "Dense": [{"Flatten": {}}, {"Dense": {"units": 300, "activation": "elu"}}, DENSE],
    "Dense softplus": [{"Dense": {"units": 4, "activation": "softplus"}}, {"Flatten": {}}, DENSE],
    "Flatten": [{"Flatten": {}}, DENSE],
    "Dropout": [{"Flatten": {}}, {"Dropout": {"rate": 0.5}}, DENSE],
    "LayerNormalization": [{"LayerNormalization": {}}, {"Flatten": {}}, DENSE],
    "GlobalAveragePooling1D": [{"GlobalAveragePooling1D": {}}, DENSE],
    "GlobalMaxPooling1D": [{"GlobalMaxPooling1D": {}}, DENSE],
    "Conv1D": [{"Conv1D": {"filters": 4, "kernel_size": 3}}, {"Flatten": {}}, DENSE],
    "Conv1D same": [
        {"Conv1D": {"filters": 4, "kernel_size": 4, "strides": 2, "padding": "same"}},
        {"Flatten": {}},
        DENSE,
    ],
    "Conv1D causal": [
        {"Conv1D": {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "padding": "causal"}},
        {"GlobalMaxPooling1D": {}},
        DENSE,
    ],
}


def network(layers: list[dict[str, Any]], scale: float = 1.0) -> Any:
    train = {"inputs": ["a", "b", "c"], "label": "a", "window": WINDOW}
    return build(parse({"model": layers, "train": train}), scale)


def values() -> Any:
    return np.random.default_rng(1).normal(size=(ROWS, WIDTH)).astype(np.float32)


def shaken(layers: list[dict[str, Any]], scale: float = 1.0) -> Any:
    """A network without the zeros and ones that its weights begin with, the same in each run."""
    load_keras().utils.set_random_seed(2)
    found = network(layers, scale)
    rng = np.random.default_rng(2)
    found.set_weights([w + rng.normal(0, 0.3, w.shape) for w in found.get_weights()])
    return found


def test_every_layer_is_tried_below() -> None:
    assert {name.partition(" ")[0] for name in NETWORKS} == set(LAYERS)


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS.keys())
def test_onnx_answers_as_keras_and_alike_in_every_batch(layers: list[dict[str, Any]]) -> None:
    keras_network = shaken(layers)
    session = Session(export(keras_network))
    rows = values()
    targets = np.arange(WINDOW, ROWS)
    answers = session.answers(rows, targets, WINDOW, 1)
    windows = np.stack([rows[i - WINDOW : i] for i in targets])
    expected = keras_network.predict_on_batch(windows)[:, 0]
    assert np.abs(answers - expected).max() < 1e-5 * max(1, np.abs(expected).max())
    assert np.ptp(answers) > 0.01
    for size in (1, 2, 3, 16, 100):
        parts = [targets[i : i + size] for i in range(0, len(targets), size)]
        again = np.concatenate([session.answers(rows, part, WINDOW, 1) for part in parts])
        assert np.array_equal(again, answers), f"batches of {size}"


def test_a_scale_multiplies_the_answer_in_both() -> None:
    found = shaken([{"Flatten": {}}, DENSE], scale=0.25)
    plain = shaken([{"Flatten": {}}, DENSE])
    plain.set_weights(found.get_weights())
    rows, targets = values(), np.arange(WINDOW, ROWS)
    answers = Session(export(found)).answers(rows, targets, WINDOW, 1)
    assert np.allclose(
        answers, Session(export(plain)).answers(rows, targets, WINDOW, 1) * 0.25, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([{"Lambda": {}}], "there is no layer `Lambda`; there are Input, LSTM"),
        ([{"Dense": {"units": "x"}}], "`Dense.units` is 'x', expected a whole number"),
        ([{"Dense": {"unit": 1}}], "`Dense` has no argument `unit`; it has units, activation"),
        ([{"Bidirectional": {"layer": DENSE}}], "an LSTM or a GRU both ways, not `Dense`"),
        ([DENSE], r"ends in the shape \(6, 1\), expected \(1,\)"),
        ([{"LSTM": {"units": 2}}, {"LSTM": {"units": 2}}, DENSE], "do not fit together"),
        ([{"LSTM": {}}, DENSE], "do not fit together"),
        ([{"Input": {"shape": [4, 3]}}, DENSE], r"says the shape \[4, 3\]"),
    ],
)
def test_a_wrong_network_is_a_fault_with_the_cause(
    layers: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(WorkflowFault, match=message):
        network(layers)


def test_a_model_with_data_outside_its_file_is_refused() -> None:
    model = onnx.load_from_string(export(network([{"Flatten": {}}, DENSE])))
    convert_model_to_external_data(model, size_threshold=0)
    with pytest.raises(WorkflowFault, match="outside its own file"):
        Session(model.SerializeToString())
