"""What a model's definition may say."""

from typing import Any

import pytest

from amml_progress._shared.definition import parse
from amml_runtime.errors import WorkflowFault

TRAIN = {"inputs": ["a", "b"], "label": "a"}


def document(**train: Any) -> dict[str, Any]:
    return {"model": [{"Dense": {"units": 1}}], "train": {**TRAIN, **train}}


def test_a_setting_that_is_not_given_or_null_has_its_default() -> None:
    definition = parse(document(features=None, seed=None, patience=0))
    assert (definition.window, definition.epoch, definition.batch) == (24, 20, 64)
    assert (definition.holdout, definition.features, definition.seed) == (0.2, (), None)


def test_a_row_is_as_wide_as_its_inputs_and_twice_its_features() -> None:
    assert parse(document(features=["hour", "month"])).width == 6


def test_the_reach_counts_the_gap_of_the_horizon() -> None:
    assert parse(document(window=5, horizon=3)).reach == 7


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"windwo": 3}, "`train` has no setting `windwo`; did you mean `window`?"),
        ({"window": 0}, "`train.window` is 0, expected a whole number from 1 to 10000"),
        ({"window": True}, "`train.window` is True, expected a whole number from 1 to 10000"),
        ({"loss": "mape"}, "`train.loss` is 'mape', expected one of mae, mse, huber, log_cosh"),
        ({"holdout": 1.0}, "`train.holdout` is 1.0, expected a share above 0, below 1"),
        ({"features": ["minute"]}, "a list of hour, day_of_week, month"),
        ({"inputs": []}, r"`train.inputs` is \[\], expected a list of columns"),
        ({"label": None}, "`train` lacks `label`"),
        ({"target": "difference", "label": "c"}, "the last `c`: add it to `inputs`"),
        ({"window": 10_000, "inputs": [f"c{i}" for i in range(50)]}, "2000000 bytes a key"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(
    train: dict[str, Any], message: str
) -> None:
    with pytest.raises(WorkflowFault, match=message):
        parse(document(**train))


@pytest.mark.parametrize("model", [None, [], [{}], [{"a": {}, "b": {}}], ["Dense"]])
def test_a_model_is_a_list_with_one_layer_an_entry(model: Any) -> None:
    with pytest.raises(WorkflowFault):
        parse({"model": model, "train": TRAIN})
