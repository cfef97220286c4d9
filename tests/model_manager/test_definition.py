"""What a model's definition may say."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from amml_model_manager.definition import DefinitionRefused, parse_definition

TRAIN = "train: {window: 24, inputs: [OT], label: OT}"
MODEL = "model: [Dense: {units: 1}]"


def problems(text: str) -> list[str]:
    with pytest.raises(DefinitionRefused) as caught:
        parse_definition(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_papers_network_is_a_definition(definition: str) -> None:
    document = parse_definition(definition)
    assert [next(iter(layer)) for layer in document["model"]] == ["Input", "LSTM", "Dense"]
    assert document["train"] == {
        "inputs": ["HULL", "OT"],
        "label": "OT",
        "window": 24,
        "horizon": 1,
        "target": "value",
        "features": [],
        "loss": "mae",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "decay": 1.0,
        "epoch": 20,
        "batch": 64,
        "holdout": 0.2,
        "patience": 0,
        "seed": None,
    }


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("LSTM: {units: 1025}", "model[0].LSTM.units: expected 1..1024, found 1025"),
        ("LSTM: {units: true}", "model[0].LSTM.units: expected 1..1024, found True"),
        ("LSTM: {}", "model[0].LSTM.units: expected 1..1024, found nothing"),
        ("LSTM: {units: 1, unit: 2}", "model[0].LSTM.unit: unknown; did you mean `units`?"),
        ("Lambda: {function: x}", "model[0]: unknown layer 'Lambda'; known are Input, LSTM"),
        ("lstm: {units: 1}", "model[0]: unknown layer 'lstm'; did you mean `LSTM`?"),
        ("Dense: 3", "model[0].Dense: expected a map of arguments, found 3"),
        ("{Dense: {units: 1}, Flatten: {}}", "model[0]: expected one layer"),
        ("Dropout: {rate: .inf}", "model[0].Dropout.rate: expected a number from 0 to 0.95"),
        ("Dropout: {rate: '0.1'}", "model[0].Dropout.rate: expected a number from 0 to 0.95"),
        ("Input: {shape: [0, 1]}", "model[0].Input.shape: expected [rows, columns]"),
        ("Dense: {units: 1, activation: [x]}", "model[0].Dense.activation: expected one of linear"),
        ("Flatten: {x: 1}", "model[0].Flatten.x: unknown; it takes no arguments"),
    ],
)
def test_a_wrong_layer_is_named_by_its_path(layer: str, expected: str) -> None:
    (found,) = problems(f"model: [{layer}]\n{TRAIN}")
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("epoch: 0", "train.epoch: expected 1..10000, found 0"),
        ("epochs: 3", "train.epochs: unknown; did you mean `epoch`?"),
        ("target: delta", "train.target: expected one of value, difference, found 'delta'"),
        ("features: [hour, hour]", "train.features: expected a list of some of hour"),
        ("features: [[hour]]", "train.features: expected a list of some of hour"),
        ("holdout: 1", "train.holdout: expected a number from 0.01 to 0.9, found 1"),
        ("seed: -1", "train.seed: expected 0..2147483647, found -1"),
        ("1: 2", "train.1: unknown"),
    ],
)
def test_a_wrong_training_setting_is_named_by_its_path(entry: str, expected: str) -> None:
    (found,) = problems(f"{MODEL}\ntrain: {{window: 24, inputs: [OT], label: OT, {entry}}}")
    assert found.startswith(expected)


@pytest.mark.parametrize("inputs", ["[]", "OT", "[OT, OT]", "[1]", "[no]", "['']", '["a\\nb"]'])
def test_inputs_are_different_column_names(inputs: str) -> None:
    (found,) = problems(f"{MODEL}\ntrain: {{window: 24, inputs: {inputs}, label: OT}}")
    assert found.startswith("train.inputs: expected a list of 1..256 different column names")


def test_all_problems_come_at_once() -> None:
    found = problems("model: [LSTM: {units: 0}, Denze: {}]\ntrain: {window: 0, epoch: x}")
    assert [problem.partition(":")[0] for problem in found] == [
        "model[0].LSTM.units",
        "model[1]",
        "train.inputs",
        "train.label",
        "train.window",
        "train.epoch",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "[]",
        MODEL,
        "model: {}\ntrain: []",
        f"model: []\n{TRAIN}",
        f"{MODEL}\n{TRAIN}\nextra: 1",
        f"model: [Input: {{}}]\n{TRAIN}",
        f"model: [Dense: {{units: 1}}, Input: {{}}]\n{TRAIN}",
        f"model: [{'Flatten: {}, ' * 33}]\n{TRAIN}",
    ],
)
def test_the_blocks_have_their_shape(text: str) -> None:
    assert problems(text)


@pytest.mark.train
@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
@pytest.mark.long
def test_each_layer_exists_in_keras_with_these_arguments() -> None:
    """The list is ours, the names are Keras's: a slip would show only when someone trains."""
    code = """
import inspect, keras
from amml_model_manager.definition import LAYERS
for name, arguments in LAYERS.items():
    known = inspect.signature(getattr(keras.layers, name)).parameters
    assert set(arguments) <= set(known), (name, set(arguments) - set(known))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_definition_needs_no_server() -> None:
    code = (
        "import sys, amml_model_manager.definition\n"
        "assert not {'fastapi', 'psycopg2', 'requests', 'hdfs', 'pydantic'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
