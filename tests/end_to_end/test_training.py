"""A trainer that is killed goes on where it was, and makes one model."""

from typing import Any

import pytest

from amml_deploy.control import Control

pytestmark = [pytest.mark.platform, pytest.mark.train]

Trained = Any  # the fixtures of conftest.py, which tests do not import


def test_a_killed_trainer_repeats_no_epoch_that_was_kept(trained: Trained) -> None:
    """Killed before epoch 7 is kept it trains 7 again; killed after, it goes on with 8.

    The last life found the model registered, and trained nothing.
    """
    assert trained.deaths == {"train_lstm": 3}
    said = [line for line in trained.flow.log("train_lstm").splitlines() if "going on" in line]
    assert [line.rpartition("going on ")[2] for line in said] == ["after epoch 6", "after epoch 7"]


def test_each_epoch_is_recorded_once(trained: Trained) -> None:
    rows = trained.flow.rows()
    assert [row["epoch"] for row in rows] == list(range(1, 9))
    losses = [row["loss"] for row in rows]
    assert losses[-1] < losses[0] / 2


def test_one_run_is_registered(trained: Trained, control: Control) -> None:
    model, version = trained.names.model.split(":")
    [known] = control.get(f"/models/{model}/versions/{version}")["runs"]
    assert (known["status"], known["run"]) == ("completed", trained.flow.rows()[0]["run"])
    run = control.get(f"/models/{model}/versions/{version}/runs/{known['run']}")
    assert [epoch["epoch"] for epoch in run["epochs"]] == list(range(1, 9))
