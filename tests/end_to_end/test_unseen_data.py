"""Predictions on files that the model never saw, with the scale that it was trained on."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from amml_deploy.control import Control

pytestmark = [pytest.mark.platform, pytest.mark.train]

Flow = Any  # what the fixtures of conftest.py give, which tests do not import
Trained = Any
Rows = list[dict[str, Any]]

WINDOW = 24


@pytest.fixture(scope="module", params=["unseen", "shifted"])
def predicted(
    request: pytest.FixtureRequest, trained: Trained, flows: Callable[[str], Flow]
) -> Flow:
    """The prediction of a file that is no part, or a moved part, of what was trained on."""
    flow = flows(trained.names.prediction(getattr(trained.names, request.param)))
    flow.run()
    return flow


def test_the_scaler_uses_the_models_limits_and_the_plan_says_so(
    trained: Trained, predicted: Flow, control: Control
) -> None:
    model, version = trained.names.model.split(":")
    run = control.get(f"/models/{model}/resolve/{version}")
    assert predicted.plan.notes == (
        f"minmax_scaler: parameters of {model}:{version} (run {run['run']})",
    )
    limits = run["signature"]["columns"]["OT"]
    width = limits["max"] - limits["min"]
    for raw, scaled in zip(predicted.rows("source"), predicted.rows("minmax_scaler"), strict=True):
        assert math.isclose(scaled["OT"], (raw["OT"] - limits["min"]) / width, abs_tol=1e-12)


def test_every_row_but_those_of_the_first_window_is_predicted(predicted: Flow) -> None:
    rows = predicted.rows()
    assert len(rows) == 2000
    assert all(row["OT_pred"] is None and row["err"] is None for row in rows[:WINDOW])
    for row in rows[WINDOW:]:
        assert row["err"] == abs(row["OT"] - row["OT_pred"])


def test_a_part_of_a_file_gets_the_predictions_of_the_whole(
    trained: Trained, flows: Callable[[str], Flow], undisturbed: Callable[[str], Rows]
) -> None:
    part = undisturbed(trained.names.prediction(trained.names.unseen))
    whole = undisturbed(trained.names.prediction())
    assert [row["OT_pred"] for row in part[WINDOW:]] == [
        row["OT_pred"] for row in whole[-2000 + WINDOW :]
    ]


def test_all_of_etth1_is_predicted(trained: Trained, undisturbed: Callable[[str], Rows]) -> None:
    if trained.names.file.name != "ETTh1.csv":
        pytest.skip("ETTh1.csv is not in the folder that AMML_DATA names")
    rows = undisturbed(trained.names.prediction())
    assert len(rows) == 17_420
    assert [row["OT_pred"] is None for row in rows] == [True] * WINDOW + [False] * (17_420 - WINDOW)
