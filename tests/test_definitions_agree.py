"""What the model manager lets in is what a trainer can train, and the other way round."""

from typing import Any

import pytest

from amml_model_manager import definition as accepted
from amml_progress._shared import definition, network


def test_the_layers_and_their_arguments_are_the_same() -> None:
    listed = {name: set(checks) for name, checks in accepted.LAYERS.items() if name != "Input"}
    assert listed == {name: set(checks) for name, checks in network.LAYERS.items()}


def test_the_settings_of_a_training_are_the_same() -> None:
    assert set(accepted.TRAIN) == set(definition.SETTINGS)


ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "elu", "softplus", "gelu", "nothing"]


@pytest.mark.parametrize("kind", ["LSTM", "Dense"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_is_accepted_by_both_or_by_none(kind: str, activation: str) -> None:
    check = accepted.LAYERS[kind]["activation"]
    _, trains = network.LAYERS[kind]["activation"]
    assert check.accepts(activation) == trains(activation)


@pytest.mark.parametrize(
    "train",
    [{"holdout": 0.2}, {"target": "difference"}, {"loss": "huber"}, {"optimizer": "adamw"},
     {"features": ["hour", "month"]}, {"decay": 0.9}, {"decay": None}],
)  # fmt: skip
def test_a_setting_with_its_defaults_filled_in_can_be_trained(train: dict[str, Any]) -> None:
    settings = "".join(f", {name}: {_yaml(value)}" for name, value in train.items())
    text = f"model: [Dense: {{units: 1}}]\ntrain: {{inputs: [a], label: a, window: 2{settings}}}"
    if None in train.values():
        with pytest.raises(accepted.DefinitionRefused):
            accepted.parse_definition(text)
        return
    assert definition.parse(accepted.parse_definition(text)).window == 2


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)
